/** Requests with an Idempotency-Key that have been done: a repeat gets the first answer, and nothing is recorded again. */
import { DONE, type Done, type Keyed, keyed, type Outcome, readDone } from '#core/devicelog/done.ts'
import { Refusal } from './answer.ts'

/** Of one device. */
const MOST = 200
const LONGEST = 200

export class Repeats {
  private readonly done = new Map<string, { request: string; outcome: Promise<Outcome> }>()
  private readonly stored: () => Promise<readonly Done[]>
  private learnt: Promise<void> | undefined

  /** `stored`: what the log knows of the device's sessions before; asked for when it shows a key. */
  constructor(stored: () => Promise<readonly Done[]>) {
    this.stored = stored
  }

  /** Does it, unless it was done under this key. `act` is given what must be recorded with it. */
  async once(
    key: string | undefined,
    about: readonly (string | Buffer)[],
    act: (as?: Keyed) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (key === undefined) return act()
    if (key.length > LONGEST) throw new Refusal(400, 'invalid', `Idempotency-Key has more than ${LONGEST} characters`)
    await (this.learnt ??= this.learn())
    const as = keyed(key, about)
    const found = this.done.get(as.key)
    if (found?.request === as.request) return found.outcome
    if (found) throw new Refusal(422, 'idempotency_reused', 'this Idempotency-Key belongs to another request')
    const outcome = act(as)
    this.remember(as, outcome)
    // what was not taken may be tried again
    outcome.catch(() => this.done.delete(as.key))
    return outcome
  }

  private remember({ key, request }: Keyed, outcome: Promise<Outcome>): void {
    this.done.set(key, { request, outcome })
    if (this.done.size > MOST) this.done.delete(this.done.keys().next().value!)
  }

  private async learn(): Promise<void> {
    try {
      for (const d of await this.stored()) this.remember(d, Promise.resolve(d))
    } catch (e) {
      this.learnt = undefined
      throw e
    }
  }
}

/** As the controller tells them. */
export function doneIn(base64: string): Done[] {
  const b = Buffer.from(base64, 'base64')
  return Array.from({ length: Math.floor(b.length / DONE) }, (_, i) => readDone(b, i * DONE))
}
