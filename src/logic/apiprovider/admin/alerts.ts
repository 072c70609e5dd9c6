/** What needs somebody: opened when something is wrong for a while, cleared when it is right again. */
import { randomBytes } from 'node:crypto'
import type { Alert, alertRoutes } from '#contracts/admin/alerts.ts'
import type { Call, Handlers, Parts } from './call.ts'
import { type Finding, findingsOf } from './findings.ts'
import { unknown } from './scope.ts'
import type { DiskLimits } from './system.ts'

const LOOK_MS = 10_000
/** What is wrong for a shorter time opens no alert. */
const PATIENCE_MS = 30_000
const KEPT = 200

export interface Alerts {
  /** those that are not over, the worst first */
  going(): Alert[]
  handlers: Handlers<typeof alertRoutes>
  stop(): void
}

export function makeAlerts(p: Parts & { limits: DiskLimits }): Alerts {
  const { clock, peers } = p
  const now = new Map<string, Alert>()
  /** when what has no alert yet was seen first */
  const seen = new Map<string, number>()
  const over: Alert[] = []

  const end = (key: string, alert: Alert) => {
    now.delete(key)
    over.unshift({ ...alert, state: 'cleared', cleared_at: clock.now() })
    over.length = Math.min(over.length, KEPT)
    return over[0]!
  }

  function take({ since, ...finding }: Finding): void {
    const key = keyOf(finding)
    const known = now.get(key)
    if (known) return void now.set(key, { ...known, ...finding })
    const first = since ?? seen.get(key) ?? clock.now()
    seen.set(key, first)
    if (clock.now() - first < PATIENCE_MS) return
    now.set(key, { id: randomBytes(9).toString('base64url'), ...finding, since: first, state: 'open' })
  }

  async function look(): Promise<void> {
    const found = await findingsOf(p)
    const keys = new Set(found.map(keyOf))
    for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key)
    for (const [key, alert] of now) if (!keys.has(key)) end(key, alert)
    for (const finding of found) take(finding)
  }
  const tick = () => void look().catch((err: unknown) => p.log.warn({ err }, 'what is wrong could not be looked for'))
  const stop = clock.every(LOOK_MS, tick)

  const going = () =>
    [...now.values()].sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical') || b.since - a.since)

  const one = (id: string): [string, Alert] => {
    const found = [...now].find(([, a]) => a.id === id)
    if (!found) throw unknown('not_found')
    return found
  }
  const noted = async ({ by }: Pick<Call, 'by'>, action: string, { code, object, params }: Alert) =>
    peers.registry.auditAppend({ audit: by, action, object, after: { code, params } })

  return {
    going,
    stop,
    handlers: {
      'GET /alerts': async ({ query: { state } }) => ({
        items: [...going(), ...over].filter((a) => state === undefined || a.state === state),
      }),
      'POST /alerts/{id}/ack': async (c) => {
        const [key, alert] = one(c.params.id)
        await noted(c, 'alert.acknowledge', alert)
        const taken: Alert = { ...alert, state: 'acknowledged', acknowledged_by: c.by.actorName ?? c.by.actor }
        now.set(key, taken)
        return taken
      },
      'POST /alerts/{id}/clear': async (c) => {
        const [key, alert] = one(c.params.id)
        await noted(c, 'alert.clear', alert)
        seen.delete(key)
        return end(key, alert)
      },
    },
  }
}

const keyOf = ({ code, object }: Pick<Finding, 'code' | 'object'>): string => `${code} ${object}`
