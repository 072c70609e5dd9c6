/** What needs somebody: opened when something is wrong for a while, cleared when it is right again. The registry keeps them for all who look. */
import type { Alert, alertRoutes } from '#contracts/admin/alerts.ts'
import type { StoredAlert } from '#contracts/registry.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Handlers, Parts } from './call.ts'
import { type Finding, findingsOf } from './findings.ts'
import { unknown } from './scope.ts'

const LOOK_MS = 10_000
/** What is wrong for a shorter time opens no alert, and a process that has just begun knows of nothing that it is over. */
const PATIENCE_MS = 30_000

export interface Alerts {
  /** those that are not over, the worst first, as they were known last */
  going(): Alert[]
  handlers: Handlers<typeof alertRoutes>
  stop(): void
}

export function makeAlerts(p: Parts & { queue: Pick<Queue, 'listen'> }): Alerts {
  const { clock, log, queue } = p
  const { registry } = p.peers
  const begun = clock.now()
  /** when what has no alert yet was seen first */
  const seen = new Map<string, number>()
  let known: readonly StoredAlert[] = []

  const read = async (): Promise<readonly StoredAlert[]> => (known = (await registry.alerts({})).items)

  /** undefined: it is not wrong for long enough. */
  function lasting({ since, params, ...finding }: Finding) {
    const key = keyOf(finding)
    const first = since ?? seen.get(key) ?? clock.now()
    seen.set(key, first)
    const same = known.filter((a) => keyOf(a) === key)
    const told = { ...finding, params: JSON.stringify(params), since: first }
    if (same.some((a) => a.clearedAt === 0)) return told
    const from = Math.max(first, ...same.map((a) => a.clearedAt))
    return clock.now() - from < PATIENCE_MS ? undefined : told
  }

  async function look(): Promise<void> {
    const all = await findingsOf(p)
    const keys = new Set(all.map(keyOf))
    for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key)
    await read()
    const going = known.filter((a) => a.clearedAt === 0).map(keyOf)
    const isOver = clock.now() - begun < PATIENCE_MS ? [] : going.filter((key) => !keys.has(key))
    known = (await registry.seeAlerts({ found: all.flatMap((f) => lasting(f) ?? []), isOver })).items
  }

  const quietly = (what: Promise<unknown>) =>
    void what.catch((err: unknown) => log.warn({ err }, 'what is wrong could not be looked for'))
  const stops = [
    clock.every(LOOK_MS, () => quietly(look())),
    queue.listen('registry', 'apiprovider alerts', ({ what }) => what === 'alert' && quietly(read())),
  ]

  /** The alert as it is then. */
  async function change(id: string, to: (id: number) => Promise<StoredAlert>): Promise<Alert> {
    if (!/^[1-9]\d{0,14}$/.test(id)) throw unknown('not_found')
    const after = await to(Number(id))
    await read()
    return shown(after)
  }

  return {
    going: () => worstFirst(known.filter((a) => a.clearedAt === 0)).map(shown),
    stop() {
      for (const stop of stops) stop()
    },
    handlers: {
      'GET /alerts': async ({ query: { state } }) => {
        const all = await read()
        const over = all.filter((a) => a.clearedAt > 0).sort((a, b) => b.clearedAt - a.clearedAt || b.id - a.id)
        const items = [...worstFirst(all.filter((a) => a.clearedAt === 0)), ...over]
        return { items: items.filter((a) => state === undefined || a.state === state).map(shown) }
      },
      'POST /alerts/{id}/ack': ({ params, by }) =>
        change(params.id, (id) => registry.acknowledgeAlert({ id, name: by.actorName ?? by.actor, audit: by })),
      'POST /alerts/{id}/clear': ({ params, by }) =>
        change(params.id, async (id) => {
          const after = await registry.clearAlert({ id, audit: by })
          seen.delete(keyOf(after))
          return after
        }),
    },
  }
}

const worstFirst = (alerts: readonly StoredAlert[]): StoredAlert[] =>
  alerts.toSorted((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical') || b.since - a.since)

const keyOf = ({ code, object }: Pick<Alert, 'code' | 'object'>): string => `${code} ${object}`

const shown = (a: StoredAlert): Alert => ({
  id: String(a.id),
  severity: a.severity as Alert['severity'],
  code: a.code,
  object: a.object,
  params: JSON.parse(a.params) as Alert['params'],
  since: a.since,
  state: a.state,
  ...(a.acknowledgedBy !== '' && { acknowledged_by: a.acknowledgedBy }),
  ...(a.clearedAt > 0 && { cleared_at: a.clearedAt }),
})
