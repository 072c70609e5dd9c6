/** The products that a caller sees, by id; of one vendor where it is named. */
import type { Product } from '#contracts/registry.ts'
import type { AdminPeers } from './call.ts'
import type { Scope } from './scope.ts'

const PAGE = 1000

export async function productsSeen({ registry }: AdminPeers, scope: Scope, vendor: number | undefined): Promise<Product[]> {
  const found: Product[] = []
  for (let after = 0; ; ) {
    const { items } = await registry.products({ after, limit: PAGE })
    found.push(...items.filter((r) => scope.covers(r.vendorId, r.id) && (vendor === undefined || r.vendorId === vendor)))
    if (items.length < PAGE) return found
    after = items.at(-1)!.id
  }
}
