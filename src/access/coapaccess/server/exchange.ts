/** One request and its answer. */
import type { Content, Option, Type } from '../message/message.ts'
import type { Carrier, Request } from './carrier.ts'
import type { Standing } from './line.ts'
import type { Outcome, Response } from './response.ts'

const none = new Uint8Array(0)
const noOptions: readonly Option[] = []

export class Exchange implements Request, Standing<Exchange> {
  readonly carrier: Carrier
  readonly type: Type
  readonly id: number
  readonly code: number
  readonly path: string
  /** octets of the message that brought it */
  readonly size: number
  /** ms since 1970 */
  readonly at: number
  token: Uint8Array
  options: readonly Option[]
  payload: Uint8Array
  /** options that the answer carries beside its own: the last block that was taken */
  tail: readonly Option[] = noOptions
  answered = false
  /** who asks, where a resource must know */
  subject: object | undefined
  /** the handler to which it was let in by its options alone, so that others with these need not be looked at again */
  route: object | undefined
  /** UDP: where its answer is kept for a repetition, and whether the peer was told that it has come */
  place = -1
  acknowledged = false
  /** what it is answered when its records are durable */
  promised: Response | undefined
  /** the line of those that wait for their answer */
  before: Exchange | undefined
  after: Exchange | undefined

  constructor(carrier: Carrier, m: Content, path: string, type: Type, id: number, size: number, at: number) {
    this.carrier = carrier
    this.type = type
    this.id = id
    this.code = m.code
    this.path = path
    this.size = size
    this.at = at
    this.token = m.token
    this.options = m.options
    this.payload = m.payload
  }

  /** Answers, once. `done`: the answer asks for a confirmation, and this is told how that went. */
  respond(r: Response, done?: (how: Outcome) => void): void {
    if (this.answered) return
    this.answered = true
    this.carrier.respond(this, this.tail.length === 0 ? r : { ...r, options: [...(r.options ?? []), ...this.tail] }, done)
    this.options = noOptions
    this.payload = none
    this.token = none
  }
}
