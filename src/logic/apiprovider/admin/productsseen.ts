/** The products that a caller sees, and the devices of each. */
import type { Product } from '#contracts/registry.ts'
import type { AdminPeers } from './call.ts'
import type { Scope } from './scope.ts'

const PAGE = 1000
const ALL = 10_000_000

/** By id; of one vendor where it is named. */
export async function productsSeen({ registry }: AdminPeers, scope: Scope, vendor: number | undefined): Promise<Product[]> {
  const found: Product[] = []
  for (let after = 0; ; ) {
    const { items } = await registry.products({ after, limit: PAGE })
    found.push(...items.filter((r) => scope.covers(r.vendorId, r.id) && (vendor === undefined || r.vendorId === vendor)))
    if (items.length < PAGE) return found
    after = items.at(-1)!.id
  }
}

/** Of all products, by one question: one for each would look through the whole fleet as often. */
export async function devicesByProduct({ registry }: Pick<AdminPeers, 'registry'>): Promise<ReadonlyMap<number, number[]>> {
  const { ids, products = [] } = await registry.searchDevices({ limit: ALL, products: true })
  const found = new Map<number, number[]>()
  for (const [i, id] of ids.entries()) {
    const of = found.get(products[i]!)
    if (of) of.push(id)
    else found.set(products[i]!, [id])
  }
  return found
}
