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
  /** of performance.now() */
  writtenAt = 0
  #taken = 0
  #takenAt = performance.now()

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

  /** ms for which it has taken nothing of what waits. */
  stuckFor(): number {
    const taken = this.#socket.bytesWritten - this.#socket.writableLength
    if (taken !== this.#taken || this.waiting === 0) {
      this.#taken = taken
      this.#takenAt = performance.now()
    }
    return performance.now() - this.#takenAt
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
    this.writtenAt = performance.now()
    this.#socket.write(data)
  }
}
