/** Search over all that has a name, and how a filter can go on. */

import { deviceStates } from '#contracts/admin/devices.ts'
import type { viewRoutes } from '#contracts/admin/views.ts'
import type { Handlers, Parts } from './call.ts'
import { filterOf } from './devices.ts'
import { fields, tokensOf } from './filter.ts'
import { reachOf } from './reach.ts'
import type { Scope } from './scope.ts'

const HITS = 10
const COMPLETIONS = 20
const PAGE = 1000

type Search = Pick<Handlers<typeof viewRoutes>, 'GET /search' | 'GET /filter/complete'>
type Named = { id: number; name: string }
type List<T> = (page: { after: number; limit: number }) => Promise<{ items: T[] }>

async function named<T extends Named>(list: List<T>, q: string, limit: number, seen: (t: T) => boolean | Promise<boolean>) {
  const out: Named[] = []
  for (let after = 0; ; ) {
    const { items } = await list({ after, limit: PAGE })
    for (const t of items) {
      if (t.name.toLowerCase().includes(q) && (await seen(t))) out.push({ id: t.id, name: t.name })
      if (out.length === limit) return out
    }
    if (items.length < PAGE) return out
    after = items.at(-1)!.id
  }
}

export function search({ peers }: Parts): Search {
  const { registry } = peers
  const reach = reachOf(peers)

  const devicesLike = async (text: string, limit: number, scope: Scope) => {
    const filter = filterOf({ q: text }, scope)
    const { ids } = filter ? await registry.searchDevices({ ...filter, limit }) : { ids: [] }
    const { items } = await registry.deviceDetails({ ids })
    return items.map((d) => ({ id: d.id, name: d.name, identifier: d.identifier, product: d.productId }))
  }

  const facets = async (field: 'product' | 'vendor' | 'firmware' | 'tag', prefix: string, scope: Scope) =>
    (await registry.deviceFacets({ ...filterOf({}, scope), field, prefix, limit: COMPLETIONS })).items

  async function values(
    field: string,
    prefix: string,
    scope: Scope,
  ): Promise<{ text: string; label?: string; count?: number }[]> {
    if (field === 'state') return deviceStates.filter((s) => s.startsWith(prefix)).map((s) => ({ text: `state:${s}` }))
    if (field === 'firmware' || field === 'tag')
      return (await facets(field, prefix, scope)).map((f) => ({ text: `${field}:${quoted(f.value)}`, count: f.count }))
    if (field !== 'product' && field !== 'vendor') return []
    const sees = field === 'vendor' ? await reach.vendors(scope) : undefined
    const found =
      field === 'vendor'
        ? await named(registry.vendors, prefix, COMPLETIONS, sees!)
        : await named(registry.products, prefix, COMPLETIONS, (t) => scope.covers(t.vendorId, t.id))
    return found.map((t) => ({ text: `${field}:${t.id}`, label: t.name }))
  }

  return {
    'GET /search': async ({ auth, query, scope }) => {
      const { q, limit = HITS } = query
      const text = q.toLowerCase()
      const may = (permission: string) => (auth.principal.can as string[]).includes(permission)
      const vendorsSeen = await reach.vendors(scope)
      const [devices, products, vendors, applications] = await Promise.all([
        devicesLike(q, limit, scope),
        may('products.read') ? named(registry.products, text, limit, (t) => scope.covers(t.vendorId, t.id)) : [],
        may('products.read') ? named(registry.vendors, text, limit, vendorsSeen) : [],
        may('applications.read') ? named(registry.applications, text, limit, (a) => reach.holds(a.domain, scope)) : [],
      ])
      return { devices, products, vendors, applications }
    },

    'GET /filter/complete': async ({ query, scope }) => {
      const last = tokensOf(query.q).at(-1)
      const typed = /\s$/.test(query.q) || !last ? undefined : last
      const bare = /^(\w+):$/.exec(query.q.split(/\s/).at(-1) ?? '')?.[1]
      const limit = query.limit ?? COMPLETIONS
      if (bare) return { items: (await values(bare, '', scope)).slice(0, limit) }
      if (typed && typed.field !== '')
        return { items: (await values(typed.field, typed.value.toLowerCase(), scope)).slice(0, limit) }
      const start = typed?.value.toLowerCase() ?? ''
      return {
        items: fields
          .filter((f) => f.startsWith(start))
          .map((text) => ({ text: `${text}:` }))
          .slice(0, limit),
      }
    },
  }
}

const quoted = (v: string): string => (/[\s"]/.test(v) ? `"${v.replaceAll('"', '')}"` : v)
