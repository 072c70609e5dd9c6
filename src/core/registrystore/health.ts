import type { EngineHealth } from '#core/health.ts'
import type { PandoError } from '#lib/errors.ts'

/** The engine's state from the outcome of its calls: what the caller did wrong doesn't count. */
export function trackHealth(now: () => number = Date.now) {
  let health: EngineHealth = { state: 'ok', since: now() }
  const set = (state: EngineHealth['state'], error?: string) => {
    if (health.state !== state || health.error !== error) {
      health = { state, ...(error === undefined ? {} : { error }), since: health.state === state ? health.since : now() }
    }
  }
  return {
    ok: () => {
      if (health.state !== 'ok') set('ok')
    },
    failed: (e: PandoError) => {
      if (e.code === 'unavailable') set('down', e.message)
      else if (e.code === 'disk_full' || e.code === 'store_damaged') set('degraded', e.message)
    },
    current: () => health,
  }
}
