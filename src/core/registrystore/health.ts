import type { EngineHealth } from '#core/health.ts'
import type { ErrorCode, PandoError } from '#lib/errors.ts'

/**
 * The engine's state from the outcome of its calls; what the caller did wrong doesn't count. `unavailable` is over with the first
 * answer, `disk_full` with the first write, damage never while this process runs.
 */
export function trackHealth(now: () => number = Date.now) {
  let health: EngineHealth = { state: 'ok', since: now() }
  let cause: ErrorCode | undefined
  const recover = (from: ErrorCode): void => {
    if (cause !== from) return
    cause = undefined
    health = { state: 'ok', since: now() }
  }
  const fail = (state: EngineHealth['state'], e: PandoError): void => {
    if (cause === 'store_damaged' && e.code !== 'unavailable') return
    health = { state, error: e.message, since: cause === e.code ? health.since : now() }
    cause = e.code
  }
  return {
    answered: (): void => recover('unavailable'),
    wrote: (): void => recover('disk_full'),
    failed: (e: PandoError): void => {
      if (e.code === 'unavailable') fail('down', e)
      else if (e.code === 'disk_full' || e.code === 'store_damaged') fail('degraded', e)
    },
    current: (): EngineHealth => health,
  }
}
