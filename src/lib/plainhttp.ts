/**
 * Requests that many make or that wait, without node:http: of the 19 KB that one costs there, 4 are its socket's, and of its time half. So where a
 * service says which of its requests these are, they are read here if they are plain: a GET, or a PUT or POST with a short body, whose head came
 * in one piece, and its body with it or as the next, and nothing behind it. Whatever else comes on a connection, at once or later, is node:http's,
 * which gets it with what has come and keeps it. Nothing is read in two ways, then: what is not beyond doubt here is not read here.
 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

export interface PlainRequest {
  readonly method: string
  readonly url: string
  /** names in lower case, each once */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
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
/** Who serves such requests where they are plain. */
export type FindPlain = (method: string, url: string) => PlainHandler | undefined

export interface PlainServer {
  /** Reads a new connection. */
  take(socket: Socket): void
  /** Ends those that wait for no answer. */
  closeIdle(): void
  closeAll(): void
}

/** Octets of a request that is read here. */
const LONGEST = 4096
/** ms until a new connection says something, and until one that was answered says something again, as node:http waits. */
const FIRST_MS = 10_000
const NEXT_MS = 65_000

/** `other`: takes a connection, and what it has said is unread again. */
export function plainServer(find: FindPlain, other: (socket: Socket) => void): PlainServer {
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
const FIRST_LINE = /^(GET|PUT|POST) (\/[!-~]*) HTTP\/1\.1$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)$/
/** They change how a message is read, or what becomes of its connection. */
const notPlain = ['transfer-encoding', 'connection', 'expect', 'upgrade', 'te', 'trailer', 'keep-alive']

interface Read {
  request: PlainRequest
  /** octets of the body that have not come */
  missing: number
}

/** → undefined: it is not plain. */
export function readPlain(octets: Buffer, socket: Socket): Read | undefined {
  if (octets.length > LONGEST) return undefined
  const text = octets.toString('latin1')
  const end = text.indexOf(END)
  if (end < 0) return undefined
  const [first, ...lines] = text.slice(0, end).split('\r\n')
  const [, method, url] = FIRST_LINE.exec(first!) ?? []
  if (method === undefined) return undefined
  const headers = headersOf(lines)
  const body = octets.subarray(end + END.length)
  const missing = headers && lengthOf(method, headers) - body.length
  // what is no number is not plain either
  return headers && missing! >= 0 ? { request: { method, url: url!, headers, body, socket }, missing: missing! } : undefined
}

function headersOf(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const found = HEADER.exec(line)
    if (found === null) return undefined
    const name = found[1]!.toLowerCase()
    if (name in headers) return undefined
    headers[name] = found[2]!.trimEnd()
  }
  // the one thing that everybody says of a connection is what it is anyway (RFC 9112 §9.3)
  if (headers['connection']?.toLowerCase() === 'keep-alive') delete headers['connection']
  return headers['host'] === undefined || notPlain.some((name) => name in headers) ? undefined : headers
}

/** Of the body that the head tells of; NaN: it is not plain. */
function lengthOf(method: string, headers: Record<string, string>): number {
  const said = headers['content-length']
  if (method === 'GET') return said === undefined ? 0 : Number.NaN
  return said !== undefined && /^\d{1,4}$/.test(said) ? Number(said) : Number.NaN
}

class Connection {
  readonly socket: Socket
  private readonly find: FindPlain
  private readonly other: (socket: Socket) => void
  private readonly open: Set<Connection>
  private answer: PlainAnswer | undefined
  /** what came while an answer was waited for */
  private early: Buffer | undefined
  /** a request whose body is to come */
  private begun: Buffer | undefined
  private readonly onData = (octets: Buffer): void => this.data(octets)
  private readonly onClose = (): void => this.closed()
  private readonly onTimeout = (): void => this.silent()

  constructor(socket: Socket, find: Connection['find'], other: Connection['other'], open: Set<Connection>) {
    this.socket = socket
    this.find = find
    this.other = other
    this.open = open
    open.add(this)
    socket.on('error', nothing).on('timeout', this.onTimeout).on('close', this.onClose).on('data', this.onData)
    socket.setTimeout(FIRST_MS)
  }

  get idle(): boolean {
    return this.answer === undefined && this.begun === undefined
  }

  private data(octets: Buffer): void {
    if (this.answer) {
      this.early = this.early ? Buffer.concat([this.early, octets]) : octets
      return void this.socket.pause()
    }
    const { begun } = this
    this.begun = undefined
    const all = begun ? Buffer.concat([begun, octets]) : octets
    if (!this.served(all, begun === undefined)) this.handOver(all)
  }

  /** `first`: the rest of the body may come as the next piece. */
  private served(octets: Buffer, first: boolean): boolean {
    const read = readPlain(octets, this.socket)
    const handler = read && this.find(read.request.method, read.request.url)
    if (!handler || (read.missing > 0 && !first)) return false
    if (read.missing > 0) {
      this.begun = octets
      return true
    }
    const answer = new PlainAnswer(this.socket, this)
    this.answer = answer
    if (handler(read.request, answer)) return true
    this.answer = undefined
    return false
  }

  /** Nothing came for long; whoever waits for an answer has nothing to say. How long a body may take, node:http knows. */
  private silent(): void {
    if (this.begun) this.handOver(this.begun)
    else if (this.idle) this.socket.destroy()
  }

  private handOver(octets: Buffer): void {
    const { socket } = this
    this.open.delete(this)
    socket.setTimeout(0)
    socket.off('error', nothing).off('timeout', this.onTimeout).off('close', this.onClose).off('data', this.onData)
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
    // each write begins it anew
    if (socket.timeout !== NEXT_MS) socket.setTimeout(NEXT_MS)
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

const AS_EVER = `\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${NEXT_MS / 1000}${END}`
let second = 0
let date = ''

/** Made once a second, as node:http does. */
function dateNow(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    date = new Date(now * 1000).toUTCString()
  }
  return date
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
    let lines = ''
    for (const name in headers) lines += `${name}: ${headers[name]}\r\n`
    this.head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}Date: ${dateNow()}${AS_EVER}`
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
