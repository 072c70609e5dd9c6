import type { Product, RegistrationPolicy } from '#contracts/registry.ts'
import type { NewRow, ProductRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { change } from './changes.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { productOf } from './records.ts'
import { vendorRow } from './vendors.ts'

interface Edit {
  id: number
  name?: string
  description?: string
  config?: string
  registration?: RegistrationPolicy
}

interface Addition extends Omit<Edit, 'id'> {
  vendorId: number
  name: string
  description: string
  config: string
}

async function productRow(tx: Transaction, id: number): Promise<ProductRow> {
  const [row] = check.validId(id) ? await tx.select('product', { where: { id } }) : []
  if (!row) throw new PandoError('product_unknown', `there is no product ${id}`, { id })
  return row
}

const modelRow = (product_id: number, version: number, config: string, created_at: number): NewRow<'product_model'> => ({
  product_id,
  version,
  tenant_id: TENANT,
  state: 'published',
  config: check.config(config),
  created_at,
})

/** The version to publish: the next one, or the same if the configuration is the same. */
async function publish(ctx: Context, tx: Transaction, row: ProductRow, config: string): Promise<number> {
  const [current] = await tx.select('product_model', { where: { product_id: row.id, version: row.model_version } })
  if (current?.config === config) return row.model_version
  await tx.insert('product_model', [modelRow(row.id, row.model_version + 1, config, ctx.clock.now())])
  return row.model_version + 1
}

export const makeProducts = (ctx: Context) => ({
  list: async (p: Page): Promise<Product[]> => (await ctx.store.select('product', page(p))).map((r) => productOf(ctx.secrets, r)),

  /** Errors: `vendor_unknown`, `model_invalid`, `invalid`. */
  add: (p: Addition): Promise<Product> =>
    change(ctx, async (tx) => {
      await vendorRow(tx, p.vendorId)
      const id = await tx.next('product', 1)
      const at = ctx.clock.now()
      const model = modelRow(id, 1, p.config, at)
      const named = { name: check.name('name', p.name), description: check.description(p.description) }
      const state = { model_version: 1, registration: p.registration ?? 'open', created_at: at, updated_at: at }
      const row = { id, tenant_id: TENANT, vendor_id: p.vendorId, ...named, ...newKey(ctx, 'product.key', id), ...state }
      await tx.insert('product', [row])
      await tx.insert('product_model', [model])
      return { result: productOf(ctx.secrets, row as ProductRow), bell: { what: 'product', id, change: 'added' } }
    }),

  edit: (p: Edit): Promise<Product> =>
    change(ctx, async (tx) => {
      const row = { ...(await productRow(tx, p.id)), updated_at: ctx.clock.now() }
      if (p.name !== undefined) row.name = check.name('name', p.name)
      if (p.description !== undefined) row.description = check.description(p.description)
      if (p.registration !== undefined) row.registration = p.registration
      if (p.config !== undefined) row.model_version = await publish(ctx, tx, row, p.config)
      await tx.update('product', [row])
      return { result: productOf(ctx.secrets, row), bell: { what: 'product', id: p.id, change: 'changed' } }
    }),

  /** `conflict` while it has devices. */
  remove: (id: number): Promise<void> =>
    change(ctx, async (tx) => {
      await productRow(tx, id)
      const [device] = await tx.select('device', { where: { product_id: id }, limit: 1 })
      if (device) throw new PandoError('conflict', `product ${id} has devices (${device.id}); remove them first`, { id })
      await tx.remove('product_model', 'product_id', [id])
      await tx.remove('product', 'id', [id])
      return { result: undefined, bell: { what: 'product', id, change: 'removed' } }
    }),

  /** The configuration of a version, of the published one when it is not given. Errors: `product_unknown`, `not_found`. */
  async model(id: number, version?: number): Promise<{ productId: number; version: number; config: string }> {
    const product = await ctx.lookups.product(id)
    const row = await ctx.lookups.model(id, version ?? product.modelVersion)
    return { productId: id, version: row.version, config: row.config }
  },
})
