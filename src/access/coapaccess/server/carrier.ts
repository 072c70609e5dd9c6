/** What a peer is to resources, whether its messages come by UDP, DTLS, TCP or TLS. */
import type { Content, Option, Type } from '../message/message.ts'
import type { Bodies } from './bodies.ts'
import type { Outcome, Response } from './response.ts'

/** A request as its carrier sees it (exchange.ts). */
export interface Request extends Content {
  readonly type: Type
  readonly id: number
  readonly path: string
  /** octets of the message that brought it */
  readonly size: number
  /** UDP: where its answer is kept for a repetition, and whether the peer was told that it has come */
  readonly place: number
  acknowledged: boolean
}

/** Somebody who observes (observer.ts). */
export interface Watching {
  end(): void
}

export interface Carrier {
  /** host:port of the peer */
  readonly address: string
  /** who is counted as one */
  readonly who: string
  /** our own address as the peer reached it */
  readonly reached: string
  /** whether it is known that the peer is where its messages come from */
  readonly verified: boolean
  /** Where the peer has shown in its handshake who it is. */
  readonly device: { id: number; token: string } | undefined
  /** bodies that are under way in blocks */
  readonly bodies: Bodies
  /** by token */
  readonly observers: Map<string, Watching>
  /** the largest blocks to it: exponent of Block options */
  readonly szx: number
  /** octets that an answer to the request, or a message without one, may have */
  room(ex?: Request): number
  /** The Echo option that it must repeat to show that it is where its messages come from. */
  challenge(): Option[]
  /** It has shown that it is where its messages come from. */
  verify(): void
  respond(ex: Request, r: Response, done?: (how: Outcome) => void): void
  /** A message that is no answer to a request of now: a notification; `done`: it is to be confirmed. */
  notify(content: Content, observer: Watching, done?: (how: Outcome) => void): void
  /** Asks whether it is there. */
  ping(done: (how: Outcome) => void): void
}
