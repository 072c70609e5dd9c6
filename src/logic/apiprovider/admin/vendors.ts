import type { Vendor as Told, vendorRoutes } from '#contracts/admin/vendors.ts'
import type { Principal, Vendor } from '#contracts/registry.ts'
import type { Handlers, Parts } from './call.ts'
import { pagedOf } from './page.ts'
import { reachOf } from './reach.ts'
import { revisionOf } from './revision.ts'

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
  const reach = reachOf(peers)
  return {
    'GET /vendors': async ({ auth, query, scope }) =>
      pagedOf(peers.registry.vendors, query, await reach.vendors(scope), (v) => told(v, auth.principal)),
    'POST /vendors': async ({ auth, body, by }) => {
      const { name, description = '' } = body
      return told(await peers.registry.addVendor({ name, description, audit: by }), auth.principal)
    },
    'GET /vendors/{id}': async ({ auth, params, scope }) => told(await reach.vendor(params.id, scope), auth.principal),
    'PATCH /vendors/{id}': async (c) => {
      const { id } = await reach.vendor(c.params.id, c.scope, 'whole')
      return told(await peers.registry.editVendor({ id, ...c.body, ...revisionOf(c), audit: c.by }), c.auth.principal)
    },
    'DELETE /vendors/{id}': async (c) => {
      const { id } = await reach.vendor(c.params.id, c.scope, 'whole')
      await peers.registry.removeVendor({ id, ...revisionOf(c), audit: c.by })
      return undefined
    },
  }
}
