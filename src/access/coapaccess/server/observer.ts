/** One who observes a resource (RFC 7641): he asked with a token, and is told with it. */
import type { Content, Option } from '../message/message.ts'
import { answer, option } from '../message/numbers.ts'
import { uintOption } from '../message/options.ts'
import type { Carrier } from './carrier.ts'
import type { Exchange } from './exchange.ts'
import type { Outcome, Response } from './response.ts'
import { shape } from './shape.ts'

/** Resources that one peer may observe at once. */
export const MOST_OBSERVED = 16
const SEQUENCE = 1 << 24

export class Observer {
  readonly carrier: Carrier
  readonly token: Uint8Array
  readonly path: string
  /** told once when it is over, whoever ended it */
  onGone: (() => void) | undefined
  private readonly key: string
  private readonly block: Option | undefined
  private sequence = 1
  private over = false

  constructor(ex: Exchange) {
    this.carrier = ex.carrier
    // no Buffers: what is kept for long would keep the memory that it shares with others
    this.token = new Uint8Array(ex.token)
    this.path = ex.path
    this.key = keyOf(ex.token)
    const block = ex.options.find((o) => o.no === option.block2)
    this.block = block && { no: block.no, value: new Uint8Array(block.value) }
    const { observers } = this.carrier
    observers.get(this.key)?.end()
    if (observers.size >= MOST_OBSERVED) observers.values().next().value!.end()
    observers.set(this.key, this)
  }

  /** The option of the answer to its request. */
  get option(): Option {
    return uintOption(option.observe, this.next())
  }

  /** Tells it. An error ends the observation (§4.2). `done`: it must confirm; whoever does not is forgotten. */
  notify(r: Response, done?: (how: Outcome) => void): void {
    if (this.over) return
    const last = r.code >= answer.badRequest
    const told: Response = last ? r : { ...r, options: [...(r.options ?? []), uintOption(option.observe, this.next())] }
    const asked = { token: this.token, path: this.path, options: this.block ? [this.block] : [] }
    // of a body in blocks the last one must have been fetched
    let waits = false
    const content: Content = shape(this.carrier, asked, told, this.carrier.room(), () => {
      if (waits) done?.('acked')
    })
    waits = content.options.some((o) => o.no === option.block2)
    if (last) this.end()
    this.carrier.notify(content, this, done && ((how) => this.confirmed(how, waits, done)))
  }

  /** It does not observe any more. */
  end(): void {
    if (this.over) return
    this.over = true
    const { observers } = this.carrier
    if (observers.get(this.key) === this) observers.delete(this.key)
    this.onGone?.()
  }

  private confirmed(how: Outcome, waits: boolean, done: (how: Outcome) => void): void {
    if (how !== 'acked') this.end()
    if (how !== 'acked' || !waits) done(how)
  }

  private next(): number {
    this.sequence = (this.sequence + 1) % SEQUENCE
    return this.sequence
  }
}

const keyOf = (token: Uint8Array): string => Buffer.from(token).toString('latin1')

/** What a request says of observing: it begins or renews it (→ the observer), ends it, or nothing. */
export function observation(ex: Exchange): Observer | undefined {
  const value = ex.options.find((o) => o.no === option.observe)?.value
  if (value === undefined || value.length > 1) return undefined
  if (value.length === 0 || value[0] === 0) return new Observer(ex)
  ex.carrier.observers.get(keyOf(ex.token))?.end()
  return undefined
}
