/** How many failures an address may have; successes never count, so a fleet behind one address is not slowed (hard case O-13). */
import type { Clock } from '#lib/service.ts'

export interface Failures {
  /** the address has used up its failures: refuse without any work */
  blocked(who: string): boolean
  failed(who: string): void
  readonly size: number
}

const MINUTE = 60_000

/**
 * `perMinute` failures at once, and that many a minute from then on. Kept is one time an address: when all its failures will be
 * forgotten. At most `max` addresses, the ones that failed last.
 */
export function makeFailures(perMinute: number, clock: Clock, max = 20_000): Failures {
  const each = MINUTE / perMinute
  const forgottenAt = new Map<string, number>()

  /** ms of failures that are not forgotten; a clock that was set back locks nobody out (F-13) */
  const debt = (who: string): number => Math.min(MINUTE, Math.max(0, (forgottenAt.get(who) ?? 0) - clock.now()))

  return {
    blocked: (who) => forgottenAt.has(who) && debt(who) > MINUTE - each / 2,
    failed(who) {
      const owed = debt(who) + each
      forgottenAt.delete(who)
      forgottenAt.set(who, clock.now() + owed)
      if (forgottenAt.size > max) forgottenAt.delete(forgottenAt.keys().next().value!)
    },
    get size() {
      return forgottenAt.size
    },
  }
}
