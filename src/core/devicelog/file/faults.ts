import type { EngineHealth } from '#core/health.ts'

/** What is wrong at present, by place; the worst decides the state. */
export interface Faults {
  set(place: string, state: 'degraded' | 'down', error: string): void
  clear(place: string): void
  health(): EngineHealth
}

export function makeFaults(now: () => number, onState?: (h: EngineHealth) => void): Faults {
  const faults = new Map<string, { state: 'degraded' | 'down'; error: string }>()
  let current: EngineHealth = { state: 'ok', since: now() }

  function look(): void {
    const all = [...faults.values()]
    const worst = all.find((f) => f.state === 'down') ?? all[0]
    const state = worst?.state ?? 'ok'
    if (state === current.state && worst?.error === current.error) return
    current = { state, since: state === current.state ? current.since : now(), ...(worst && { error: worst.error }) }
    onState?.(current)
  }

  return {
    set(place, state, error) {
      faults.set(place, { state, error })
      look()
    },
    clear(place) {
      if (faults.delete(place)) look()
    },
    health: () => current,
  }
}
