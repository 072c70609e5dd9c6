/** What each topic of the console shows. Most are calls of the management API that are made again when something may have changed. */

import type { ArgsOf, Topic } from '#contracts/admin/console.ts'
import { type LiveKind, liveKinds } from '#contracts/admin/live.ts'
import type { AdminRoutes } from '#contracts/admin/routes.ts'
import { isPandoError } from '#lib/errors.ts'
import { buildIdentifier } from '#protocol/identifiers.ts'
import type { Call, Handlers, Parts } from '../call.ts'
import { conditionsOf } from '../fleet.ts'
import { invalidAt } from '../problem.ts'
import { reachOf } from '../reach.ts'
import { rowOf } from '../views.ts'
import { valuesOf } from '../viewvalues.ts'

type AnyCall = Pick<Call, 'auth' | 'scope' | 'caller' | 'by'>

/** How a topic is shown. */
export interface Shown {
  /** What it is now: sent when it has changed. `done`: it will not change any more. */
  look?(): Promise<{ data: unknown; done?: boolean }>
  /** ms between two looks */
  every?: number
  /** looked at soon when something is recorded of these devices */
  devices?: ReadonlySet<number>
  /** every record, instead of looks */
  records?: { devices?: ReadonlySet<number>; products?: ReadonlySet<number>; kinds?: readonly LiveKind[] }
}

type Openers = { [T in Topic]: (args: ArgsOf<T>, call: AnyCall) => Promise<Shown> }

const SECOND = 1000
/** When something was recorded, the next look is this soon at most. */
export const SOON_MS = 250

export function topicsOf({ peers, clock }: Parts, handlers: Handlers<AdminRoutes>): Openers {
  const reach = reachOf(peers)
  const asked = (call: AnyCall, more: object): never =>
    ({ ...call, params: {}, query: {}, body: undefined, header() {}, ...more }) as never

  return {
    overview: async (query, call) => ({
      look: async () => ({ data: await handlers['GET /overview'](asked(call, { query })) }),
      every: 2 * SECOND,
    }),
    system: async (_, call) => ({
      look: async () => ({ data: await handlers['GET /system'](asked(call, {})) }),
      every: 5 * SECOND,
    }),
    alerts: async (query, call) => ({
      look: async () => ({ data: await handlers['GET /alerts'](asked(call, { query })) }),
      every: 2 * SECOND,
    }),
    application: async ({ id }, call) => ({
      look: async () => ({ data: await handlers['GET /applications/{id}'](asked(call, { params: { id } })) }),
      every: 2 * SECOND,
    }),
    'dry-run': async ({ run }, call) => ({
      async look() {
        const data = await handlers['GET /rules/dry-runs/{run}'](asked(call, { params: { run } }))
        return { data, done: data.state !== 'running' }
      },
      every: SECOND,
    }),

    async view({ view, ids, columns = [] }, call) {
      // it must be theirs, and stays kept while it is looked at
      const touch = () => handlers['GET /device-views/{view}/rows'](asked(call, { params: { view }, query: { count: 1 } }))
      await touch()
      return {
        async look() {
          await touch()
          const [{ items }, how] = await Promise.all([peers.registry.deviceDetails({ ids }), conditionsOf(peers, clock, ids)])
          const seen = items.filter((d) => call.scope.covers(d.vendorId, d.productId))
          const values = valuesOf(peers)
          const rows = seen.map(async (d) => rowOf(d, how.get(d.id)!, columns, columns.length > 0 ? await values(d.id) : {}))
          return { data: { rows: await Promise.all(rows) } }
        },
        every: 10 * SECOND,
        devices: new Set(ids),
      }
    },

    async device({ id }, call) {
      await reach.device(id, call.scope)
      return {
        async look() {
          const of = { params: { id } }
          const [device, values, diary, commands] = await Promise.all([
            handlers['GET /devices/{id}'](asked(call, of)),
            handlers['GET /devices/{id}/values'](asked(call, of)),
            handlers['GET /devices/{id}/diary'](asked(call, { ...of, query: { limit: 20 } })),
            handlers['GET /devices/{id}/commands'](asked(call, { ...of, query: { limit: 20 } })),
          ])
          return { data: { device, values, answer: diary.answer, diary: diary.items, commands: commands.items } }
        },
        every: 10 * SECOND,
        devices: new Set([id]),
      }
    },

    async onboarding({ product, serial }, call) {
      const { id: productId, vendorId } = await reach.product(product, call.scope)
      const identifier = buildIdentifier(vendorId, productId, serial)
      return {
        async look() {
          const found = await peers.registry.deviceByIdentifier({ identifier }).catch((e: unknown) => {
            if (isPandoError(e, 'device_unknown')) return undefined
            throw e
          })
          const steps = { registered: 0, logged_in: 0, connected: 0, reported: 0 }
          if (!found) return { data: { steps } }
          const of = asked(call, { params: { id: found.id } })
          const [device, { answer }] = await Promise.all([
            handlers['GET /devices/{id}'](of),
            handlers['GET /devices/{id}/diary'](of),
          ])
          steps.registered = device.created_at
          steps.logged_in = device.logged_in_at
          steps.connected = device.connection?.since ?? (device.last_report > 0 ? device.last_report : 0)
          steps.reported = device.last_report
          return { data: { steps, device, answer } }
        },
        every: SECOND / 2,
      }
    },

    async frames({ device, product, kinds }, call) {
      const wrong = kinds?.find((kind) => !(liveKinds as readonly string[]).includes(kind))
      if (wrong !== undefined) throw invalidAt('/args/kinds', 'value', { value: wrong })
      if (device !== undefined) await reach.device(device, call.scope)
      if (product !== undefined) await reach.product(product, call.scope)
      return {
        records: {
          ...(device !== undefined && { devices: new Set([device]) }),
          ...(product !== undefined && { products: new Set([product]) }),
          ...(kinds && { kinds: kinds as LiveKind[] }),
        },
      }
    },
  }
}
