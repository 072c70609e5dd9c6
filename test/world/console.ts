/** A console: a WebSocket that subscribes, and remembers what it is told. */
import { WebSocket } from 'ws'
import { CONSOLE_PROTOCOL } from '#contracts/admin/console.ts'
import { within } from './wait.ts'

export interface Message {
  id?: string | number
  seq?: string
  // biome-ignore lint/suspicious/noExplicitAny: data of any topic
  data?: any
  gap?: { from: number; to: number }
  // biome-ignore lint/suspicious/noExplicitAny: what is wrong differs
  error?: any
}

export class ConsoleLink {
  readonly messages: Message[] = []
  closed: number | undefined
  readonly socket: WebSocket
  #changed: (() => void)[] = []

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)))
      this.#wake()
    })
    socket.on('close', (code) => {
      this.closed = code
      this.#wake()
    })
    socket.on('error', () => {})
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  sub(id: string, topic: string, args: object = {}, since?: string): void {
    this.say({ op: 'sub', id, topic, args, ...(since !== undefined && { since }) })
  }

  of(id: string): Message[] {
    return this.messages.filter((m) => m.id === id)
  }

  /** The first message of a subscription for which `holds`. */
  async until(id: string, what: string, holds: (m: Message) => unknown, ms = 10_000): Promise<Message> {
    return within(ms, `${what} of ${id}`, async () => {
      for (;;) {
        const found = this.of(id).find(holds)
        if (found) return found
        await new Promise<void>((wake) => this.#changed.push(wake))
      }
    })
  }

  async end(ms = 10_000): Promise<number> {
    return within(ms, 'the end of the console', async () => {
      while (this.closed === undefined) await new Promise<void>((wake) => this.#changed.push(wake))
      return this.closed
    })
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake()
  }
}

/** → an open link, or the status with which it was refused */
export function openConsole(
  base: string,
  headers: Record<string, string>,
  { path = '/admin/v1/stream', protocol = CONSOLE_PROTOCOL }: { path?: string; protocol?: string } = {},
): Promise<ConsoleLink | number> {
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}${path}`, [protocol], { headers })
  const link = new ConsoleLink(socket)
  return new Promise((done, failed) => {
    socket.once('open', () => done(link))
    socket.once('unexpected-response', (_req, res) => {
      done(res.statusCode!)
      socket.terminate()
    })
    socket.once('error', failed)
  })
}
