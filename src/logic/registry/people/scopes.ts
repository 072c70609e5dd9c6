/** Scopes of people and tokens: `*`, `vendor/<id>`, `product/<id>`. */
import type { Reads } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { parseDomain } from '#protocol/identifiers.ts'

/** `scope_invalid` where there is no such vendor or product: a slip would be somebody who sees nothing. */
export async function expectThere(tx: Reads, scope: string): Promise<void> {
  const domain = parseDomain(scope)
  if (domain.scope === 'all') return
  const [row] = await tx.select(domain.scope, { where: { id: domain.id } })
  if (!row) throw new PandoError('scope_invalid', `there is no ${domain.scope} ${domain.id}`, { scope })
}

/** Whether all that `inner` covers is covered by `outer`. */
export async function within(tx: Reads, inner: string, outer: string): Promise<boolean> {
  if (outer === '*' || inner === outer) return true
  const [narrow, wide] = [parseDomain(inner), parseDomain(outer)]
  if (narrow.scope !== 'product' || wide.scope !== 'vendor') return false
  const [product] = await tx.select('product', { where: { id: narrow.id } })
  return product?.vendor_id === wide.id
}
