/** A client of CoAP over TCP for tests: one socket, messages as they are. It answers no signal by itself. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Content, Option } from '#access/coapaccess/message/message.ts'
import { codeText, method, option, signal } from '#access/coapaccess/message/numbers.ts'
import { textOption, uintOption } from '#access/coapaccess/message/options.ts'
import { StreamReader, writeStreamed } from '#access/coapaccess/message/stream.ts'
import { capabilities } from '#access/coapaccess/tcp/signals.ts'
import type { Ask } from './coap.ts'
import { until, within } from './wait.ts'

export interface Streamed extends Content {
  /** 2.05 */
  status: string
}

export class CoapStream {
  readonly got: Streamed[] = []
  /** answers pings */
  pongs = false
  private readonly socket: Socket
  private readonly reader = new StreamReader(1 << 20)
  private readonly wakers: (() => void)[] = []
  private lastToken = 0
  private ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (b) => this.read(b))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.ended = true
      for (const wake of this.wakers.splice(0)) wake()
    })
  }

  /** `greets`: says that it takes 1152 octets. `ca`: over TLS. */
  static async open(address: string, greets = true, ca?: string): Promise<CoapStream> {
    const { hostname, port } = new URL(address)
    const at = { host: hostname, port: Number(port) }
    const socket = ca === undefined ? connect(at) : connectTls({ ...at, ca, servername: 'device.test' })
    await new Promise<void>((done, failed) => {
      socket.once(ca === undefined ? 'connect' : 'secureConnect', () => done())
      socket.once('error', failed)
    })
    const stream = new CoapStream(socket)
    if (greets) stream.say(capabilities(1152))
    return stream
  }

  close(): void {
    this.socket.destroy()
  }

  closed(): Promise<unknown> {
    return this.until('the connection to end', () => this.ended)
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  say(m: Content): void {
    this.raw(writeStreamed(m))
  }

  async ask(name: keyof typeof method, path: string, a: Ask = {}): Promise<Streamed> {
    const token = a.token ?? Uint8Array.of(0x70, 0x70, this.lastToken++)
    const options: Option[] = [
      ...path.split('/').map((p) => textOption(option.uriPath, p)),
      ...(a.query ?? []).map((q) => textOption(option.uriQuery, q)),
      ...(a.format === undefined ? [] : [uintOption(option.contentFormat, a.format)]),
      ...(a.accept === undefined ? [] : [uintOption(option.accept, a.accept)]),
      ...(a.options ?? []),
    ]
    this.say({ code: method[name], token, options, payload: Buffer.from(a.payload ?? '') })
    return this.next(`answer to ${name} ${path}`, (m) => m.code >> 5 < 7 && Buffer.compare(m.token, token) === 0)
  }

  /** The first message that fits and nobody has taken. */
  next(what: string, fits: (m: Streamed) => boolean, ms = 5000): Promise<Streamed> {
    return within(ms, what, async () => {
      for (;;) {
        const at = this.got.findIndex(fits)
        if (at >= 0) return this.got.splice(at, 1)[0]!
        if (this.ended) throw new Error(`the connection ended before ${what}`)
        await new Promise<void>((wake) => this.wakers.push(wake))
      }
    })
  }

  until(what: string, is: () => boolean): Promise<unknown> {
    return until(what, async () => is() || undefined)
  }

  private read(bytes: Buffer): void {
    for (const m of this.reader.read(bytes)) {
      if (typeof m === 'string') throw new Error(m)
      // views of what was read last only until more comes
      this.got.push({ ...m, status: codeText(m.code) })
      if (this.pongs && m.code === signal.ping) this.say({ ...m, code: signal.pong })
    }
    for (const wake of this.wakers.splice(0)) wake()
  }
}
