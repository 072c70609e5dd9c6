/** Asks whether a peer is there, and has taken what was sent before: a stream arrives in order, so its answer says both. */
import type { Clock } from '#lib/service.ts'
import type { Content } from '../message/message.ts'
import type { Done } from '../server/delivered.ts'
import { ping } from './signals.ts'

/** A peer that answers later is not there: as long as one would be asked by datagrams (RFC 7252 §4.8.2, MAX_TRANSMIT_WAIT). */
const WITHIN = 93_000
/** Questions under way; above this it is not one that answers. */
const MOST = 64

/** Answers come in the order of the questions; libcoap 4.3 does not repeat a token, so there is none. */
export class Pings {
  private readonly asked: { done: Done; cancel: () => void }[] = []
  private readonly clock: Clock
  private readonly put: (m: Content) => void

  constructor(clock: Clock, put: (m: Content) => void) {
    this.clock = clock
    this.put = put
  }

  ask(done: Done): void {
    if (this.asked.length >= MOST) return done('lost')
    // whoever does not answer one question answers none after it
    this.asked.push({ done, cancel: this.clock.after(WITHIN, () => this.stop()) })
    this.put(ping)
  }

  heard(): void {
    const first = this.asked.shift()
    first?.cancel()
    first?.done('acked')
  }

  /** The peer is gone. */
  stop(): void {
    for (const { done, cancel } of this.asked.splice(0)) {
      cancel()
      done('lost')
    }
  }
}
