/** The fleet at a glance. */
import type { Overview, systemRoutes } from '#contracts/admin/system.ts'
import type { Figures } from '../figures.ts'
import type { Alerts } from './alerts.ts'
import type { Call, Handlers, Parts } from './call.ts'
import { filterOf } from './devices.ts'
import { conditionsOf } from './fleet.ts'
import { productsSeen } from './productsseen.ts'
import { reachOf } from './reach.ts'
import type { Scope } from './scope.ts'
import type { Shares } from './shares.ts'
import type { Sweeper } from './sweep.ts'
import { rowOf } from './views.ts'
import { wholeOf } from './whole.ts'

type Told = Pick<Handlers<typeof systemRoutes>, 'GET /overview' | 'GET /series'>

const HOUR = 3_600_000
const DAY = 24 * HOUR
const RATE_SPAN = 5 * 60_000
const NEWEST = 5
const PRODUCTS = 50
const POINTS = 360

export function overview(p: Parts & { figures: Figures; sweeper: Sweeper; shares: Shares; alerts: Pick<Alerts, 'going'> }): Told {
  const { peers, clock, about, figures, sweeper } = p
  const reach = reachOf(peers)

  /** Of the receivers that the caller sees. */
  const deliveriesOf = async ({ auth, scope }: Call<(typeof systemRoutes)['GET /overview']>): Promise<Overview['deliveries']> => {
    if (!auth.principal.can.includes('applications.read')) return { waiting: 0, failing: 0 }
    const { items } = await peers.notifier.state({}).catch(() => ({ items: [] }))
    const out = { waiting: 0, failing: 0 }
    for (const r of items) {
      if (!scope.all && !(await reach.application(r.applicationId, scope).catch(() => undefined))) continue
      out.waiting += r.waiting
      if (r.state === 'failing') out.failing++
    }
    return out
  }

  const newest = async (scope: Scope, vendor: number | undefined) => {
    const filter = filterOf(vendor === undefined ? {} : { vendor }, scope)
    if (!filter) return []
    const sort = { column: 'createdAt' as const, descending: true }
    const { ids } = await peers.registry.searchDevices({ ...filter, sort, limit: NEWEST })
    const [{ items }, how] = await Promise.all([peers.registry.deviceDetails({ ids }), conditionsOf(peers, clock, ids)])
    return items.map((d) => rowOf(d, how.get(d.id)!, [], {}))
  }

  return {
    'GET /overview': async (call) => {
      const { scope, query } = call
      const now = clock.now()
      const products = await productsSeen(peers, scope, query.vendor)
      const counts = await sweeper.counts(products)
      const total = { total: 0, online: 0, offline: 0, refused: 0, flapping: 0, never: 0, asleep: 0 }
      for (const { id } of products)
        for (const k of Object.keys(total) as (keyof typeof total)[]) total[k] += counts.products.get(id)?.[k] ?? 0
      const [reports, broken] = [figures.sum('reports', now - HOUR), figures.sum('undecodable', now - HOUR)]
      const midnight = now - (now % DAY)
      const p95 = figures.confirmed95(midnight)
      const span = Math.max(1000, Math.min(RATE_SPAN, now - figures.since))
      return {
        devices: { ...total, at: counts.at },
        reports_s: (figures.sum('reports', now - span) * 1000) / span,
        decoded: reports + broken === 0 ? 1 : reports / (reports + broken),
        commands: {
          today: figures.sum('commands', midnight),
          delivered: figures.sum('delivered', midnight),
          ...(p95 !== undefined && { p95_ms: p95 }),
        },
        deliveries: await deliveriesOf(call),
        alerts: scope.all ? p.alerts.going().filter((a) => a.state === 'open').length : 0,
        products: products.slice(0, PRODUCTS).map((r) => ({
          id: r.id,
          name: r.name,
          devices: counts.products.get(r.id)?.total ?? 0,
          online: counts.products.get(r.id)?.online ?? 0,
          presence: p.shares.of(r.id),
        })),
        newest: await newest(scope, query.vendor),
        system: (await wholeOf({ about, peers })).state,
      }
    },
    'GET /series': async ({ query }) => {
      const now = clock.now()
      const { name, to = now, from = to - DAY, points = POINTS } = query
      const oldest = Math.max(from, now - DAY)
      const found = figures.points(name, oldest, Math.max(oldest + 1, Math.min(to, now)), points)
      const marks = figures.since >= oldest && figures.since < to ? [{ at: figures.since, code: 'started', params: {} }] : []
      return { name, ...found, marks }
    },
  }
}
