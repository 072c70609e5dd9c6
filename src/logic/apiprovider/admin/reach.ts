/** What a caller may reach, looked up and checked in one (S-01): what is outside the scope answers as what is missing. */
import type { Application, DeviceDetail, Product, Vendor } from '#contracts/registry.ts'
import { parseDomain } from '#protocol/identifiers.ts'
import type { AdminPeers } from './call.ts'
import { type Scope, unknown } from './scope.ts'

export interface Reach {
  /** `vendor_unknown`; whose scope is a product sees the vendor of it, but must not change it or add to it: `whole` */
  vendor(id: number, scope: Scope, whole?: 'whole'): Promise<Vendor>
  /** Whether vendors are seen, for lists. */
  vendors(scope: Scope): Promise<(v: { id: number }) => boolean>
  /** `product_unknown` */
  product(id: number, scope: Scope): Promise<Product>
  /** `device_unknown` */
  device(id: number, scope: Scope): Promise<DeviceDetail>
  /** `application_unknown` */
  application(id: number, scope: Scope): Promise<Application>
  /** Whether all that a domain covers is seen. */
  holds(domain: string, scope: Scope): Promise<boolean>
  /** Whether there is what a domain speaks of. */
  exists(domain: string): Promise<boolean>
}

export function reachOf(peers: AdminPeers): Reach {
  const productRow = async (id: number): Promise<Product | undefined> => {
    const { items } = await peers.registry.products({ after: id - 1, limit: 1 })
    return items[0]?.id === id ? items[0] : undefined
  }
  const vendorRow = async (id: number): Promise<Vendor | undefined> => {
    const { items } = await peers.registry.vendors({ after: id - 1, limit: 1 })
    return items[0]?.id === id ? items[0] : undefined
  }
  const reach: Reach = {
    async vendor(id, scope, whole) {
      const found = await vendorRow(id)
      const hidden = whole && scope.domain.scope === 'product'
      if (!found || hidden || !(await reach.vendors(scope))(found)) throw unknown('vendor_unknown')
      return found
    },
    async vendors({ all, domain }) {
      if (all || domain.scope === 'all') return () => true
      const id = domain.scope === 'vendor' ? domain.id : (await productRow(domain.id))?.vendorId
      return (v) => v.id === id
    },
    async product(id, scope) {
      const found = await productRow(id)
      if (!found || !scope.covers(found.vendorId, found.id)) throw unknown('product_unknown')
      return found
    },
    async device(id, scope) {
      const { items } = await peers.registry.deviceDetails({ ids: [id] })
      if (!items[0] || !scope.covers(items[0].vendorId, items[0].productId)) throw unknown('device_unknown')
      return items[0]
    },
    async application(id, scope) {
      const { items } = await peers.registry.applications({ after: id - 1, limit: 1 })
      if (items[0]?.id !== id || !(await reach.holds(items[0].domain, scope))) throw unknown('application_unknown')
      return items[0]
    },
    async holds(domain, scope) {
      if (scope.all) return true
      const product = /^product\/(\d+)$/.exec(domain)?.[1]
      const vendorId = product === undefined ? undefined : (await productRow(Number(product)))?.vendorId
      return scope.holds(domain, () => vendorId)
    },
    async exists(domain) {
      const of = parseDomain(domain)
      if (of.scope === 'all') return true
      return (await (of.scope === 'vendor' ? vendorRow(of.id) : productRow(of.id))) !== undefined
    },
  }
  return reach
}
