/** Server-sent events on one connection (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Form } from './interest.ts'
import type { Chunk, Sink } from './listener.ts'

/** ms that a client is told to wait before it comes back */
const RETRY_MS = 2000

/** A record as applications get it: what a webhook says, under its place in the log. */
export const sseForm: Form = (r) => {
  const body = r.body()
  return body === undefined ? undefined : Buffer.from(`id: ${r.id}\ndata: ${body}\n\n`)
}

/**
 * Written to the socket past the response: what many listen to is one buffer for all of them, and what waits can be counted. The answer has no
 * length and no chunks, so it ends with its connection.
 */
export class Sse implements Sink {
  readonly #res: ServerResponse
  readonly #socket: Socket
  #taken = 0
  #stuck = 0
  #quiet = 0

  constructor(res: ServerResponse, socket: Socket) {
    this.#res = res
    this.#socket = socket
    res.removeHeader('Transfer-Encoding')
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      Connection: 'close',
      'X-Accel-Buffering': 'no',
    })
    res.flushHeaders()
    socket.setNoDelay(true)
  }

  get waiting(): number {
    return this.#socket.writableLength
  }

  /** Called each second. → for how many seconds it has taken nothing of what waits, and nothing was written to it */
  second(): { stuck: number; quiet: number } {
    const taken = this.#socket.bytesWritten - this.#socket.writableLength
    this.#stuck = taken !== this.#taken || this.waiting === 0 ? 0 : this.#stuck + 1
    this.#taken = taken
    this.#quiet++
    return { stuck: this.#stuck, quiet: this.#quiet }
  }

  write(chunk: Chunk): void {
    this.#write(chunk.joined())
  }

  /** How long to wait before coming back, and from where. */
  hello(place?: string): void {
    this.#write(`retry: ${RETRY_MS}\n${place === undefined ? '' : `id: ${place}\n`}\n`)
  }

  /** A sign of life; with a place, the client's own moves on though nothing came for it. */
  beat(place?: string): void {
    this.#write(place === undefined ? ':\n\n' : `:\nid: ${place}\n\n`)
  }

  gap(until: number): void {
    this.#write(`event: gap\ndata: ${JSON.stringify({ code: 'gap', until })}\n\n`)
  }

  end(code: string): void {
    if (this.waiting === 0) this.#write(`event: end\ndata: ${JSON.stringify({ code })}\n\n`)
    this.#res.end()
  }

  cut(): void {
    this.#socket.destroy()
  }

  #write(data: Buffer | string): void {
    this.#quiet = 0
    this.#socket.write(data)
  }
}
