/** Work that others' failures may delay and not prevent. */
import type { Start } from './start.ts'

const AGAIN_MS = 1000
/** Whoever is needed may be about to start: tries that fail are logged from this one on, and then one of so many. */
const FIRST_LOGGED = 5
const LOG_EACH = 30

export interface UntilDone {
  /** Does it again and again until it succeeds. `failed`: what its failure is called in the log. */
  attempt(act: () => Promise<void>, failed: string, facts?: object): void
  stop(): void
}

export function untilDone({ log, clock }: Pick<Start, 'log' | 'clock'>): UntilDone {
  const waiting = new Set<() => void>()
  let stopped = false

  function attempt(act: () => Promise<void>, failed: string, facts: object = {}, tries = 0): void {
    act().catch((err: unknown) => {
      if (stopped) return
      if (tries % LOG_EACH === FIRST_LOGGED) log.warn({ err, ...facts }, `${failed}; trying again`)
      const cancel = clock.after(AGAIN_MS, () => {
        waiting.delete(cancel)
        attempt(act, failed, facts, tries + 1)
      })
      waiting.add(cancel)
    })
  }

  return {
    attempt: (act, failed, facts) => attempt(act, failed, facts),
    stop() {
      stopped = true
      for (const cancel of waiting) cancel()
    },
  }
}
