/** Scopes of people and tokens: `*`, `vendor/<id>`, `product/<id>`. */
import type { Reads } from '#core/registrystore/port.ts'
import { parseDomain } from '#protocol/identifiers.ts'

/** Whether all that `inner` covers is covered by `outer`. */
export async function within(tx: Reads, inner: string, outer: string): Promise<boolean> {
  if (outer === '*' || inner === outer) return true
  const [narrow, wide] = [parseDomain(inner), parseDomain(outer)]
  if (narrow.scope !== 'product' || wide.scope !== 'vendor') return false
  const [product] = await tx.select('product', { where: { id: narrow.id } })
  return product?.vendor_id === wide.id
}
