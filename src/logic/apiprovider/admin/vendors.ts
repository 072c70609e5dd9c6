import type { Vendor as Told, vendorRoutes } from '#contracts/admin/vendors.ts'
import type { Principal, Vendor } from '#contracts/registry.ts'
import type { Call, Handlers, Parts } from './call.ts'
import { pagedOf } from './page.ts'
import { type Scope, unknown } from './scope.ts'

const told = (v: Vendor, p: Principal): Told => ({
  id: v.id,
  name: v.name,
  description: v.description,
  ...(p.scope === '*' && p.can.includes('products.write') && { key: v.key }),
  revision: v.revision,
  created_at: v.createdAt,
  updated_at: v.updatedAt,
})

export function vendors({ peers }: Parts): Handlers<typeof vendorRoutes> {
  /** Whose scope is a product sees the vendor of it. */
  const seen = async ({ domain, all }: Scope): Promise<(v: { id: number }) => boolean> => {
    if (all) return () => true
    if (domain.scope === 'vendor') return (v) => v.id === domain.id
    const vendorId = domain.scope === 'product' ? await vendorOf(domain.id) : undefined
    return (v) => v.id === vendorId
  }
  const vendorOf = async (product: number): Promise<number | undefined> => {
    const { items } = await peers.registry.products({ after: product - 1, limit: 1 })
    return items[0]?.id === product ? items[0].vendorId : undefined
  }
  const one = async (id: number, scope: Scope): Promise<Vendor> => {
    const { items } = await peers.registry.vendors({ after: id - 1, limit: 1 })
    if (items[0]?.id !== id || !(await seen(scope))(items[0])) throw unknown('vendor_unknown')
    return items[0]
  }
  /** Only whoever sees all of the vendor changes it. */
  const own = async (id: number, scope: Scope): Promise<Vendor> => {
    if (!scope.all && scope.domain.scope !== 'vendor') throw unknown('vendor_unknown')
    return one(id, scope)
  }
  const revision = ({ ifRevision }: Pick<Call, 'ifRevision'>) => (ifRevision === undefined ? {} : { ifRevision })
  return {
    'GET /vendors': async ({ auth, query, scope }) =>
      pagedOf(peers.registry.vendors, query, await seen(scope), (v) => told(v, auth.principal)),
    'POST /vendors': async ({ auth, body, by }) => {
      const { name, description = '' } = body
      return told(await peers.registry.addVendor({ name, description, audit: by }), auth.principal)
    },
    'GET /vendors/{id}': async ({ auth, params, scope }) => told(await one(params.id, scope), auth.principal),
    'PATCH /vendors/{id}': async (c) => {
      const { id } = await own(c.params.id, c.scope)
      return told(await peers.registry.editVendor({ id, ...c.body, ...revision(c), audit: c.by }), c.auth.principal)
    },
    'DELETE /vendors/{id}': async (c) => {
      const { id } = await own(c.params.id, c.scope)
      await peers.registry.removeVendor({ id, ...revision(c), audit: c.by })
      return undefined
    },
  }
}
