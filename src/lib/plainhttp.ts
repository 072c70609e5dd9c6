/**
 * Requests that wait, without node:http: of the 19 KB that one costs there, 4 are its socket's. So where a service says which of its requests
 * may wait, they are read here if they are plain: a GET whose head came in one piece, with no body and nothing behind it. Whatever else comes
 * on a connection, at once or later, is node:http's, which gets it with what has come and keeps it. Nothing is read in two ways, then: what is
 * not beyond doubt here is not read here.
 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

export interface PlainRequest {
  readonly method: 'GET'
  readonly url: string
  /** names in lower case, each once */
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Socket
}

/** What an answer in one piece needs: node:http's answers have it, and those of here. */
export interface Answer {
  readonly headersSent: boolean
  statusCode: number
  writeHead(status: number, headers?: Record<string, string | number>): { end(body?: string | Buffer): unknown }
  /** Calls f when it is sent, or nobody can be answered any more. */
  once(event: 'close', f: () => void): unknown
}

/** Serves a request; false: it is for node:http after all, and nothing was done. */
export type PlainHandler = (req: PlainRequest, res: Answer) => boolean

export interface PlainServer {
  /** Reads a new connection. */
  take(socket: Socket): void
  /** Ends those that wait for no answer. */
  closeIdle(): void
  closeAll(): void
}

/** Octets of a head that are read here. */
const LONGEST_HEAD = 4096
/** ms until a new connection says something, and until one that was answered says something again, as node:http waits. */
const FIRST_MS = 10_000
const NEXT_MS = 65_000

/** `find`: who serves a path, without what follows `?`; `other`: takes a connection, and what it has said is unread again. */
export function plainServer(find: (path: string) => PlainHandler | undefined, other: (socket: Socket) => void): PlainServer {
  const open = new Set<Connection>()
  return {
    take: (socket) => void new Connection(socket, find, other, open),
    closeIdle() {
      for (const c of open) if (c.idle) c.socket.destroy()
    },
    closeAll() {
      for (const c of open) c.socket.destroy()
    },
  }
}

const END = '\r\n\r\n'
const FIRST_LINE = /^GET (\/[!-~]*) HTTP\/1\.1$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)$/
/** They change how a message is read, or what becomes of its connection. */
const notPlain = ['content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade', 'te', 'trailer', 'keep-alive']

/** → undefined: it is not plain. */
export function readPlain(octets: Buffer, socket: Socket): PlainRequest | undefined {
  if (octets.length > LONGEST_HEAD) return undefined
  const text = octets.toString('latin1')
  if (text.indexOf(END) !== text.length - END.length) return undefined
  const [first, ...lines] = text.slice(0, -END.length).split('\r\n')
  const url = FIRST_LINE.exec(first!)?.[1]
  if (url === undefined) return undefined
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const [, written, value] = HEADER.exec(line) ?? []
    const name = written?.toLowerCase()
    if (name === undefined || name in headers) return undefined
    headers[name] = value!.trimEnd()
  }
  // the one thing that everybody says of a connection is what it is anyway (RFC 9112 §9.3)
  if (headers['connection']?.toLowerCase() === 'keep-alive') delete headers['connection']
  if (headers['host'] === undefined || notPlain.some((name) => name in headers)) return undefined
  return { method: 'GET', url, headers, socket }
}

class Connection {
  readonly socket: Socket
  private readonly find: (path: string) => PlainHandler | undefined
  private readonly other: (socket: Socket) => void
  private readonly open: Set<Connection>
  private answer: PlainAnswer | undefined
  /** what came while an answer was waited for */
  private early: Buffer | undefined
  private readonly onData = (octets: Buffer): void => this.data(octets)
  private readonly onClose = (): void => this.closed()

  constructor(socket: Socket, find: Connection['find'], other: Connection['other'], open: Set<Connection>) {
    this.socket = socket
    this.find = find
    this.other = other
    this.open = open
    open.add(this)
    socket.on('error', nothing).on('timeout', destroy).on('close', this.onClose).on('data', this.onData)
    socket.setTimeout(FIRST_MS)
  }

  get idle(): boolean {
    return this.answer === undefined
  }

  private data(octets: Buffer): void {
    if (this.answer) {
      this.early = this.early ? Buffer.concat([this.early, octets]) : octets
      return void this.socket.pause()
    }
    if (!this.served(octets)) this.handOver(octets)
  }

  private served(octets: Buffer): boolean {
    const request = readPlain(octets, this.socket)
    const handler = request && this.find(request.url.split('?', 1)[0]!)
    if (!handler) return false
    this.socket.setTimeout(0)
    const answer = new PlainAnswer(this.socket, this)
    this.answer = answer
    if (handler(request, answer)) return true
    this.answer = undefined
    return false
  }

  private handOver(octets: Buffer): void {
    const { socket } = this
    this.open.delete(this)
    socket.setTimeout(0)
    socket.off('error', nothing).off('timeout', destroy).off('close', this.onClose).off('data', this.onData)
    socket.pause()
    socket.unshift(octets)
    this.other(socket)
    socket.resume()
  }

  private closed(): void {
    this.open.delete(this)
    this.answer?.over()
  }

  /** The answer is on its way. Who does not read gets no more of them. */
  answered(): void {
    this.answer = undefined
    const { socket } = this
    if (socket.destroyed) return
    socket.setTimeout(NEXT_MS)
    if (!socket.writableNeedDrain) return this.next()
    socket.pause()
    socket.once('drain', () => this.next())
  }

  private next(): void {
    const { socket, early } = this
    this.early = undefined
    if (socket.isPaused()) socket.resume()
    if (early) this.data(early)
  }
}

class PlainAnswer implements Answer {
  statusCode = 200
  headersSent = false
  private head = ''
  private readonly socket: Socket
  private readonly connection: Connection
  private whenOver: (() => void) | undefined

  constructor(socket: Socket, connection: Connection) {
    this.socket = socket
    this.connection = connection
  }

  writeHead(status: number, headers: Record<string, string | number> = {}): this {
    this.statusCode = status
    this.headersSent = true
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}Date: ${new Date().toUTCString()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${NEXT_MS / 1000}\r\n\r\n`
    return this
  }

  end(body: string | Buffer = ''): void {
    const { socket } = this
    if (socket.destroyed) return
    if (typeof body === 'string') socket.write(this.head + body)
    else socket.write(Buffer.concat([Buffer.from(this.head), body]))
    this.over()
    this.connection.answered()
  }

  once(_: 'close', f: () => void): this {
    const before = this.whenOver
    this.whenOver = before
      ? () => {
          before()
          f()
        }
      : f
    return this
  }

  over(): void {
    const f = this.whenOver
    this.whenOver = undefined
    f?.()
  }
}

const nothing = (): void => {}

function destroy(this: Socket): void {
  this.destroy()
}
