import type { EngineHealth } from '#core/health.ts'

export interface Reachability {
  /** The server has answered. */
  ok(): void
  failed(e: unknown): void
  current(): EngineHealth
}

/**
 * The state of an engine that is a server, from the outcome of its calls: down from a failure to the next answer. `where` names the server
 * without credentials.
 */
export function reachability(where: string, onState: (h: EngineHealth) => void = () => {}): Reachability {
  let health: EngineHealth = { state: 'ok', since: Date.now() }
  const become = (next: EngineHealth): void => {
    health = next
    onState(next)
  }
  return {
    ok() {
      if (health.state !== 'ok') become({ state: 'ok', since: Date.now() })
    },
    failed(e) {
      const error = `${where}: ${reasonOf(e)}`
      if (health.state === 'ok') become({ state: 'down', since: Date.now(), error })
      else if (health.error !== error) become({ ...health, error })
    },
    current: () => health,
  }
}

/** In one line. Errors of sockets to several addresses have their text in their parts. */
export function reasonOf(e: unknown): string {
  if (e instanceof AggregateError && e.errors.length > 0) return e.errors.map(reasonOf).join('; ')
  const text = e instanceof Error ? e.message || (e as NodeJS.ErrnoException).code || e.name : String(e)
  return text.replace(/\s+/g, ' ').trim()
}
