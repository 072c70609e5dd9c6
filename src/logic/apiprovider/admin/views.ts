/** Views of the fleet: a filter and an order, frozen to a list of ids, so that any page of it is one cheap call. */
import { randomBytes } from 'node:crypto'
import { deviceStates } from '#contracts/admin/devices.ts'
import type { Row, viewRoutes } from '#contracts/admin/views.ts'
import type { DeviceColumn, DeviceDetail, DeviceFilter } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import type { Model } from '#protocol/model.ts'
import type { Handlers, Parts } from './call.ts'
import { filterOf as scoped } from './devices.ts'
import { type Asked, type Filter, filterOf } from './filter.ts'
import { type Condition, conditionsOf } from './fleet.ts'
import type { FleetIndex } from './fleetindex.ts'
import type { ModelCache } from './modelcache.ts'
import { invalidAt } from './problem.ts'
import type { Scope } from './scope.ts'
import { fitting } from './tests.ts'
import { columnsOf, valuesOf } from './viewvalues.ts'

/** A view that nobody reads is kept this long, and all of them together hold at most so many ids. */
const LIFE = 15 * 60_000
const MOST_IDS = 5_000_000
const COUNT = 100

interface View {
  actor: string
  filter: Filter
  ids: number[]
  until: number
}

type Views = Pick<Handlers<typeof viewRoutes>, 'POST /device-views' | 'GET /device-views/{view}/rows'>

const columns: Record<string, DeviceColumn> = {
  id: 'id',
  name: 'name',
  code: 'code',
  identifier: 'identifier',
  firmware: 'version',
  product: 'product',
  vendor: 'vendor',
  created: 'createdAt',
  updated: 'updatedAt',
}
const ranks = Object.fromEntries([...deviceStates].sort().map((state, rank) => [state, rank]))
/** Orders by what the registry doesn't know. */
const live: Record<string, (c: Readonly<Condition>) => number> = {
  state: (c) => ranks[c.state]!,
  since: (c) => c.since,
  last_report: (c) => c.lastReport,
}

export function views(p: Parts & { models: ModelCache; fleet: FleetIndex }): Views {
  const { peers, clock, fleet } = p
  const kept = new Map<string, View>()

  /** The oldest go first. */
  const keep = (view: View): string => {
    const name = randomBytes(12).toString('base64url')
    kept.set(name, view)
    let ids = [...kept.values()].reduce((n, v) => n + v.ids.length, 0)
    for (const [other, v] of kept) {
      if (other === name || (v.until > clock.now() && ids <= MOST_IDS)) continue
      kept.delete(other)
      ids -= v.ids.length
    }
    return name
  }

  async function frozen(text: string, sort: string, scope: Scope) {
    const filter = filterOf(text)
    const [descending, by] = sort.startsWith('-') ? [true, sort.slice(1)] : [false, sort]
    if (by !== '' && !Object.hasOwn(columns, by) && !Object.hasOwn(live, by))
      throw invalidAt('/body/sort', 'value', { value: by })
    const asked = await narrowed(filter.asked, scope)
    const column = columns[by]
    const order = column && { sort: { column, descending } }
    const { ids } = asked ? await peers.registry.searchDevices({ ...asked, ...order, limit: 10_000_000 }) : { ids: [] }
    const how = await fleet.of(ids)
    const found = await fitting(filter.tests, ids, how, clock.now(), valuesOf(peers))
    const key = Object.hasOwn(live, by) ? live[by]! : undefined
    const states: Record<string, number> = {}
    for (const i of found) states[how[i]!.state] = (states[how[i]!.state] ?? 0) + 1
    const places = key ? sortedBy(found, (i) => key(how[i]!), descending) : found
    return { filter, ids: places.map((i) => ids[i]!), states, productId: asked?.productId }
  }

  return {
    'POST /device-views': async ({ auth, body, scope }) => {
      const { filter, ids, states, productId } = await frozen(body.filter ?? '', body.sort ?? '', scope)
      const until = clock.now() + LIFE
      const view = keep({ actor: auth.principal.actor, filter, ids, until })
      const model = productId === undefined ? undefined : await modelOf(p, productId)
      return { view, total: ids.length, states, columns: model ? columnsOf(model) : [], expires: until }
    },

    'GET /device-views/{view}/rows': async ({ auth, params, query, scope }) => {
      const view = kept.get(params.view)
      if (!view || view.actor !== auth.principal.actor || view.until < clock.now())
        throw new PandoError('gone', 'the view is not kept any more: open it again')
      view.until = clock.now() + LIFE
      const { from = 0, count = COUNT, columns: wanted = [] } = query
      const ids = view.ids.slice(from, from + count)
      const [details, how] = await Promise.all([peers.registry.deviceDetails({ ids }), conditionsOf(peers, clock, ids)])
      const seen = details.items.filter((d) => scope.covers(d.vendorId, d.productId))
      const values = valuesOf(peers)
      const items = await Promise.all(
        seen.map(async (d) => rowOf(d, how.get(d.id)!, wanted, wanted.length > 0 ? await values(d.id) : {})),
      )
      const conditions = ids.map((id) => how.get(id)!)
      const still = await fitting(view.filter.tests, ids, conditions, clock.now(), values)
      return { items, total: view.ids.length, would_move: ids.length - still.length + ids.length - seen.length }
    },
  }

  /** What the registry is asked, within the scope; undefined: nothing can be found. */
  async function narrowed({ product, vendor, firmware, tags, text }: Asked, scope: Scope): Promise<DeviceFilter | undefined> {
    const productId = product === undefined ? undefined : await idOf(peers.registry.products, product)
    const vendorId = vendor === undefined ? undefined : await idOf(peers.registry.vendors, vendor)
    if (productId === 0 || vendorId === 0) return undefined
    const within = scoped({ ...(productId && { product: productId }), ...(vendorId && { vendor: vendorId }) }, scope)
    if (!within) return undefined
    return {
      ...within,
      ...(firmware !== undefined && { firmware }),
      ...(tags.length > 0 && { tags }),
      ...(text.length > 0 && { text: text.join(' ') }),
    }
  }
}

const modelOf = async ({ peers, models }: Parts & { models: ModelCache }, id: number): Promise<Model | undefined> => {
  const { items } = await peers.registry.products({ after: id - 1, limit: 1 })
  return items[0]?.id === id ? models(id, items[0].modelVersion) : undefined
}

/** Equal ones stay as they are, in both directions: by id, as the registry tells them. */
function sortedBy(places: readonly number[], key: (place: number) => number, descending: boolean): number[] {
  const sign = descending ? -1 : 1
  const keyed = places.map((place) => ({ place, key: sign * key(place) }))
  return keyed.sort((a, b) => a.key - b.key).map((k) => k.place)
}

type Named = { id: number; name: string }

/** By id or exact name; 0: there is none. */
async function idOf(
  list: (page: { after: number; limit: number }) => Promise<{ items: Named[] }>,
  text: string,
): Promise<number> {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
  for (let after = 0; ; ) {
    const { items } = await list({ after, limit: 1000 })
    const found = items.find((i) => i.id === id || i.name === text)
    if (found) return found.id
    if (items.length < 1000) return 0
    after = items.at(-1)!.id
  }
}

export function rowOf(d: DeviceDetail, c: Condition, wanted: readonly string[], values: Record<string, unknown>): Row {
  return {
    id: d.id,
    name: d.name,
    identifier: d.identifier,
    product: d.productId,
    vendor: d.vendorId,
    state: c.state,
    ...(c.cause !== undefined && { cause: c.cause }),
    since: c.since,
    firmware: d.version,
    last_report: c.lastReport,
    tags: d.tags,
    values: Object.fromEntries(wanted.flatMap((w) => (Object.hasOwn(values, w) ? [[w, values[w]]] : []))),
  }
}
