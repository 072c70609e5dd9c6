/** Requests with an Idempotency-Key that have been done: a repeat gets the first answer, and nothing is recorded again. */
import { createHash } from 'node:crypto'
import { Refusal } from './answer.ts'

/** Of one device, for as long as it is here. */
const MOST = 200
const LONGEST = 200

export class Repeats {
  private readonly done = new Map<string, { digest: string; answer: Promise<string> }>()

  /** Does it, unless it was done under this key. */
  once(key: string | undefined, about: readonly (string | Buffer)[], act: () => Promise<string>): Promise<string> {
    if (key === undefined) return act()
    if (key.length > LONGEST) throw new Refusal(400, 'invalid', `Idempotency-Key has more than ${LONGEST} characters`)
    const hash = createHash('sha256')
    for (const part of about) hash.update(part).update('\0')
    const digest = hash.digest('base64')
    const found = this.done.get(key)
    if (found?.digest === digest) return found.answer
    if (found) throw new Refusal(422, 'idempotency_reused', 'this Idempotency-Key belongs to another request')
    const answer = act()
    this.done.set(key, { digest, answer })
    // what was not taken may be tried again
    answer.catch(() => this.done.delete(key))
    if (this.done.size > MOST) this.done.delete(this.done.keys().next().value!)
    return answer
  }
}
