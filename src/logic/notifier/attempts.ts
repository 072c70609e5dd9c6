/** What became of the tries of late, for people: in memory, bounded, gone with the process. */
import type { Attempt } from '#contracts/notifier.ts'
import type { Delivery } from './outbox.ts'
import type { Outcome } from './try.ts'

/** Deliveries whose tries are kept, and tries of each. */
const DELIVERIES = 200
const TRIES = 10
/** What answers and bodies may hold together; of the oldest only status and error are kept. */
const OCTETS = 512 * 1024

export interface Told {
  message: string
  device: number
  time: number
  body: Buffer
  delivered: boolean
  attempts: Attempt[]
  /** what it holds, about */
  octets: number
}

export class Attempts {
  readonly #kept = new Map<string, Told>()
  #octets = 0

  add(d: Delivery, outcome: Outcome, at: number, took: number): void {
    const { id: message, device, time, body } = d
    const one = attemptOf(outcome, at, took)
    const before = this.#take(message)?.attempts
    const attempts = before ? [...before, one].slice(-TRIES) : [one]
    const octets = attempts.reduce((n, a) => n + answerOctets(a), body.length)
    this.#kept.set(message, { message, device, time, body, delivered: outcome.ok, attempts, octets })
    this.#octets += octets
    if (this.#kept.size > DELIVERIES) this.#take(this.#kept.keys().next().value!)
    if (this.#octets > OCTETS) this.#thin()
  }

  of(message: string): readonly Attempt[] {
    return this.#kept.get(message)?.attempts ?? []
  }

  /** Those whose last try was taken, newest first. */
  delivered(): Told[] {
    return [...this.#kept.values()].filter((t) => t.delivered).reverse()
  }

  get(message: string): Told | undefined {
    return this.#kept.get(message)
  }

  #take(message: string): Told | undefined {
    const found = this.#kept.get(message)
    if (!found) return undefined
    this.#kept.delete(message)
    this.#octets -= found.octets
    return found
  }

  /** Oldest first, until half is free. */
  #thin(): void {
    for (const told of this.#kept.values()) {
      if (this.#octets <= OCTETS / 2) return
      this.#octets -= told.octets
      told.octets = 0
      told.body = Buffer.alloc(0)
      told.attempts = told.attempts.map(({ headers: _, body: __, ...bare }) => bare)
    }
  }
}

function attemptOf({ status, error, answer }: Outcome, at: number, took: number): Attempt {
  const one: Attempt = { at, took }
  if (status > 0) one.status = status
  if (error) one.error = error
  return answer ? { ...one, ...answer } : one
}

function answerOctets({ headers, body }: Attempt): number {
  if (!headers && !body) return 0
  return (body?.length ?? 0) + Object.entries(headers ?? {}).reduce((n, [name, value]) => n + name.length + value.length, 0)
}
