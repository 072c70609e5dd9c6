/**
 * What is known of a receiver from the tries of late. A device whose delivery fails holds back only itself; when several devices
 * fail with no success between, the receiver counts as down: then one lane at a time asks whether it is back.
 */
import type { Outcome } from './try.ts'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 15 * 60_000
/** Devices that must fail without a success between before the receiver counts as down: one bad event must not stop the others. */
const DOWN_AFTER = 3

/** ms until the next try after so many failed ones: 1 s, 2, 4 … 15 min, ± 20 % so that lanes and processes spread. */
export function backoff(tries: number, random = Math.random()): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20), LONGEST_WAIT_MS)
  return Math.round(wait * (0.8 + 0.4 * random))
}

export class Health {
  /** the receiver counts as down */
  down = false
  /** first failure since the last success */
  failingSince: number | undefined
  lastError: string | undefined
  /** when it is asked again while down */
  nextTry = 0
  #tries = 0
  readonly #devices = new Set<number>()

  /** → whether it had been failing */
  succeeded(): boolean {
    if (this.failingSince === undefined) return false
    this.down = false
    this.failingSince = undefined
    this.lastError = undefined
    this.#tries = 0
    this.#devices.clear()
    return true
  }

  failed(device: number, probe: boolean, outcome: Outcome, now: number): void {
    this.failingSince ??= now
    this.lastError = outcome.error
    this.#devices.add(device)
    if (this.down ? !probe : this.#devices.size < DOWN_AFTER) return
    this.down = true
    this.nextTry = now + Math.max(backoff(++this.#tries), outcome.retryAfter ?? 0)
  }
}
