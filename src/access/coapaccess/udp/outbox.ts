/** Messages to a peer that ask for a confirmation: one at a time (NSTART = 1), sent again with growing pauses (RFC 7252 §4.2, §4.8). */
import type { Clock } from '#lib/service.ts'
import type { Outcome } from '../server/response.ts'

interface Waiting {
  id: number
  bytes: Uint8Array
  done: (how: Outcome) => void
}

export const MOST_RETRANSMITS = 4
const RANDOM_FACTOR = 0.5
/** Above this a peer is not one that can take them. */
const MOST_WAITING = 64

export class Outbox {
  private readonly queue: Waiting[] = []
  private tries = 0
  private pause = 0
  private cancel: (() => void) | undefined
  private readonly clock: Clock
  private readonly ackTimeout: number
  private readonly put: (bytes: Uint8Array) => void

  constructor(clock: Clock, ackTimeout: number, put: (bytes: Uint8Array) => void) {
    this.clock = clock
    this.ackTimeout = ackTimeout
    this.put = put
  }

  get empty(): boolean {
    return this.queue.length === 0
  }

  send(id: number, bytes: Uint8Array, done: (how: Outcome) => void): void {
    if (this.queue.length >= MOST_WAITING) return done('lost')
    this.queue.push({ id, bytes, done })
    if (this.queue.length === 1) this.begin()
  }

  /** An ACK or RST has come → whether it was for the message that waits. */
  heard(id: number, how: 'acked' | 'reset'): boolean {
    if (this.queue[0]?.id !== id) return false
    this.settle(how)
    return true
  }

  stop(): void {
    this.cancel?.()
    for (const w of this.queue.splice(0)) w.done('lost')
  }

  private begin(): void {
    const [first] = this.queue
    if (first === undefined) return
    this.tries = 0
    this.pause = this.ackTimeout * (1 + Math.random() * RANDOM_FACTOR)
    this.attempt(first)
  }

  private attempt(w: Waiting): void {
    this.put(w.bytes)
    this.cancel = this.clock.after(this.pause, () => {
      this.pause *= 2
      if (this.tries++ < MOST_RETRANSMITS) this.attempt(w)
      else this.settle('lost')
    })
  }

  private settle(how: Outcome): void {
    this.cancel?.()
    const w = this.queue.shift()
    w?.done(how)
    this.begin()
  }
}
