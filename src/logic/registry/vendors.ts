import type { Vendor } from '#contracts/registry.ts'
import type { Reads, VendorRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from './edit.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { vendorOf } from './records.ts'

export async function vendorRow(tx: Reads, id: number): Promise<VendorRow> {
  const [row] = check.validId(id) ? await tx.select('vendor', { where: { id } }) : []
  if (!row) throw new PandoError('vendor_unknown', `there is no vendor ${id}`, { id })
  return row
}

export const makeVendors = (ctx: Context) => ({
  list: async (p: Page): Promise<Vendor[]> => (await ctx.store.select('vendor', page(p))).map((r) => vendorOf(ctx.secrets, r)),

  add: (v: { name: string; description: string } & Asked): Promise<Vendor> =>
    edit(ctx, v, async (tx) => {
      const id = await tx.next('vendor', 1)
      const at = ctx.clock.now()
      const named = { name: check.name('name', v.name), description: check.description(v.description) }
      const times = { created_at: at, updated_at: at, revision: 1 }
      const row = { id, tenant_id: TENANT, ...named, ...newKey(ctx, 'vendor.key', id), ...times }
      await tx.insert('vendor', [row])
      const result = vendorOf(ctx.secrets, row)
      return { result, bell: { what: 'vendor', id, change: 'added' }, deed: added('vendor', result) }
    }),

  edit: (v: { id: number; name?: string; description?: string } & Asked): Promise<Vendor> =>
    edit(ctx, v, async (tx) => {
      const before = await vendorRow(tx, v.id)
      expectRevision(before, v)
      const row = revised(ctx, before)
      if (v.name !== undefined) row.name = check.name('name', v.name)
      if (v.description !== undefined) row.description = check.description(v.description)
      await tx.update('vendor', [row])
      const result = vendorOf(ctx.secrets, row)
      const deed = edited('vendor', vendorOf(ctx.secrets, before), result)
      return { result, bell: { what: 'vendor', id: v.id, change: 'changed' }, deed }
    }),

  /** `conflict` while it has products. */
  remove: (v: { id: number } & Asked): Promise<void> =>
    edit(ctx, v, async (tx) => {
      const { id } = v
      const row = await vendorRow(tx, id)
      expectRevision(row, v)
      const [product] = await tx.select('product', { where: { vendor_id: id }, limit: 1 })
      if (product) throw new PandoError('conflict', `vendor ${id} has products (${product.id}); remove them first`, { id })
      await tx.remove('vendor', 'id', [id])
      const deed = removed('vendor', vendorOf(ctx.secrets, row))
      return { result: undefined, bell: { what: 'vendor', id, change: 'removed' }, deed }
    }),
})
