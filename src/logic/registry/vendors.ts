import type { Vendor } from '#contracts/registry.ts'
import type { Transaction, VendorRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { change } from './changes.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { vendorOf } from './records.ts'

export async function vendorRow(tx: Transaction, id: number): Promise<VendorRow> {
  const [row] = check.validId(id) ? await tx.select('vendor', { where: { id } }) : []
  if (!row) throw new PandoError('vendor_unknown', `there is no vendor ${id}`, { id })
  return row
}

export const makeVendors = (ctx: Context) => ({
  list: async (p: Page): Promise<Vendor[]> => (await ctx.store.select('vendor', page(p))).map((r) => vendorOf(ctx.secrets, r)),

  add: (v: { name: string; description: string }): Promise<Vendor> =>
    change(ctx, async (tx) => {
      const id = await tx.next('vendor', 1)
      const at = ctx.clock.now()
      const named = { name: check.name('name', v.name), description: check.description(v.description) }
      const row = { id, tenant_id: TENANT, ...named, ...newKey(ctx, 'vendor.key', id), created_at: at, updated_at: at }
      await tx.insert('vendor', [row])
      return { result: vendorOf(ctx.secrets, row as VendorRow), bell: { what: 'vendor', id, change: 'added' } }
    }),

  edit: (v: { id: number; name?: string; description?: string }): Promise<Vendor> =>
    change(ctx, async (tx) => {
      const row = { ...(await vendorRow(tx, v.id)), updated_at: ctx.clock.now() }
      if (v.name !== undefined) row.name = check.name('name', v.name)
      if (v.description !== undefined) row.description = check.description(v.description)
      await tx.update('vendor', [row])
      return { result: vendorOf(ctx.secrets, row), bell: { what: 'vendor', id: v.id, change: 'changed' } }
    }),

  /** `conflict` while it has products. */
  remove: (id: number): Promise<void> =>
    change(ctx, async (tx) => {
      await vendorRow(tx, id)
      const [product] = await tx.select('product', { where: { vendor_id: id }, limit: 1 })
      if (product) throw new PandoError('conflict', `vendor ${id} has products (${product.id}); remove them first`, { id })
      await tx.remove('vendor', 'id', [id])
      return { result: undefined, bell: { what: 'vendor', id, change: 'removed' } }
    }),
})
