/** A CoAP client for tests: one UDP socket, messages as they are. It answers nothing by itself but what it is told to. */
import { createSocket, type Socket } from 'node:dgram'
import {
  CON,
  type Message,
  type Option,
  parseMessage,
  type Type,
  writeEmpty,
  writeMessage,
} from '#access/coapaccess/message/message.ts'
import { codeText, EMPTY, method, option } from '#access/coapaccess/message/numbers.ts'
import { textOption, uintOption } from '#access/coapaccess/message/options.ts'
import { within } from './wait.ts'

export interface Ask {
  type?: Type
  query?: readonly string[]
  options?: readonly Option[]
  format?: number
  accept?: number
  payload?: Uint8Array | string
  token?: Uint8Array
  id?: number
}

export interface Got extends Message {
  /** 2.05 */
  status: string
  /** octets of the datagram */
  size: number
}

export class CoapLink {
  readonly got: Got[] = []
  /** confirms what asks for it */
  acks = true
  private readonly socket: Socket
  private readonly port: number
  private readonly host: string
  private readonly wakers: (() => void)[] = []
  private lastId = Math.floor(Math.random() * 0x10000)
  private lastToken = 0
  private readonly heard = new Set<number>()

  private constructor(socket: Socket, address: string) {
    const { hostname, port } = new URL(address)
    this.socket = socket
    this.host = hostname
    this.port = Number(port)
    socket.on('message', (b) => this.read(b))
  }

  static async open(address: string): Promise<CoapLink> {
    const socket = createSocket('udp4')
    await new Promise<void>((done) => socket.bind({ address: '127.0.0.1', port: 0 }, () => done()))
    return new CoapLink(socket, address)
  }

  close(): void {
    this.socket.close()
  }

  raw(bytes: Uint8Array): void {
    this.socket.send(bytes, this.port, this.host)
  }

  nextId(): number {
    this.lastId = (this.lastId + 1) & 0xffff
    return this.lastId
  }

  nextToken(): Uint8Array {
    this.lastToken++
    return Uint8Array.of(0x70, this.lastToken >> 8, this.lastToken)
  }

  /** Sends a request → its message id and token. */
  send(name: keyof typeof method, path: string, a: Ask = {}): { id: number; token: Uint8Array; size: number } {
    const id = a.id ?? this.nextId()
    const token = a.token ?? this.nextToken()
    const options: Option[] = [
      ...(path === '' ? [] : path.split('/').map((p) => textOption(option.uriPath, p))),
      ...(a.query ?? []).map((q) => textOption(option.uriQuery, q)),
      ...(a.format === undefined ? [] : [uintOption(option.contentFormat, a.format)]),
      ...(a.accept === undefined ? [] : [uintOption(option.accept, a.accept)]),
      ...(a.options ?? []),
    ]
    const payload = typeof a.payload === 'string' ? Buffer.from(a.payload) : (a.payload ?? new Uint8Array(0))
    const bytes = writeMessage(a.type ?? CON, id, { code: method[name], token, options, payload })
    this.raw(bytes)
    return { id, token, size: bytes.length }
  }

  /** Sends a request and waits for its answer, piggybacked or not. */
  async ask(name: keyof typeof method, path: string, a: Ask = {}): Promise<Got> {
    const { token } = this.send(name, path, a)
    return this.next(`answer to ${name} ${path}`, (m) => m.code !== EMPTY && same(m.token, token))
  }

  /** The first message that fits and nobody has taken. */
  async next(what: string, fits: (m: Got) => boolean, ms = 5000): Promise<Got> {
    return within(ms, what, async () => {
      for (;;) {
        const at = this.got.findIndex(fits)
        if (at >= 0) return this.got.splice(at, 1)[0]!
        await new Promise<void>((wake) => this.wakers.push(wake))
      }
    })
  }

  empty(type: Type, id: number): void {
    this.raw(writeEmpty(type, id))
  }

  private read(bytes: Buffer): void {
    const m = parseMessage(bytes)
    if (m === undefined || 'malformed' in m) throw new Error(`no CoAP: ${bytes.toString('hex')}`)
    const again = m.type === CON && this.heard.has(m.id)
    if (m.type === CON) this.heard.add(m.id)
    // what was sent again because the machine is slow is confirmed again, and told once
    if (!again || !this.acks) this.got.push({ ...m, status: codeText(m.code), size: bytes.length })
    if (m.type === CON && this.acks) this.empty(2, m.id)
    for (const wake of this.wakers.splice(0)) wake()
  }
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
export const textIn = (m: Pick<Message, 'payload'>): string => Buffer.from(m.payload).toString('utf8')
