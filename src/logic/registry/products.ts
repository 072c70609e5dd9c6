import type { By, Product, RegistrationPolicy } from '#contracts/registry.ts'
import type { NewRow, ProductRow, Reads, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from './edit.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { productOf } from './records.ts'
import { vendorRow } from './vendors.ts'

interface Edit extends Asked {
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

export async function productRow(tx: Reads, id: number): Promise<ProductRow> {
  const [row] = check.validId(id) ? await tx.select('product', { where: { id } }) : []
  if (!row) throw new PandoError('product_unknown', `there is no product ${id}`, { id })
  return row
}

/** The product as the contract shows it, with its pins. */
export const productIn = async ({ secrets }: Context, tx: Reads, row: NewRow<'product'>): Promise<Product> =>
  productOf(secrets, row, await tx.select('product_pin', { where: { product_id: row.id } }))

interface Publication {
  config: string
  note?: string
  by: By | undefined
}

const MAX_NOTE = 1000

const modelRow = (ctx: Context, product_id: number, version: number, p: Publication): NewRow<'product_model'> => ({
  product_id,
  version,
  tenant_id: TENANT,
  state: 'published',
  config: check.config(p.config, ctx.codecs),
  created_at: ctx.clock.now(),
  note: check.text('note', p.note ?? '', MAX_NOTE),
  published_by: check.actor(p.by),
})

/** Publishes a configuration: → the version, which is the next one, or the same if the configuration is the same. */
export async function publish(ctx: Context, tx: Transaction, row: ProductRow, p: Publication): Promise<number> {
  const [current] = await tx.select('product_model', { where: { product_id: row.id, version: row.model_version } })
  if (current?.config === p.config) return row.model_version
  await tx.insert('product_model', [modelRow(ctx, row.id, row.model_version + 1, p)])
  return row.model_version + 1
}

export const makeProducts = (ctx: Context) => ({
  async list(p: Page): Promise<Product[]> {
    const rows = await ctx.store.select('product', page(p))
    const pins = await ctx.store.select('product_pin', { in: { column: 'product_id', values: rows.map((r) => r.id) } })
    return rows.map((r) => productOf(ctx.secrets, r, pins))
  },

  /** Errors: `vendor_unknown`, `model_invalid`, `invalid`. */
  add: (p: Addition): Promise<Product> =>
    edit(ctx, p, async (tx) => {
      await vendorRow(tx, p.vendorId)
      const id = await tx.next('product', 1)
      const at = ctx.clock.now()
      const model = modelRow(ctx, id, 1, { config: p.config, by: p.audit })
      const named = { name: check.name('name', p.name), description: check.description(p.description) }
      const times = { created_at: at, updated_at: at, revision: 1 }
      const state = { model_version: 1, registration: p.registration ?? 'open', ...times }
      const row = { id, tenant_id: TENANT, vendor_id: p.vendorId, ...named, ...newKey(ctx, 'product.key', id), ...state }
      await tx.insert('product', [row])
      await tx.insert('product_model', [model])
      const result = productOf(ctx.secrets, row, [])
      return { result, bell: { what: 'product', id, change: 'added' }, deed: added('product', result) }
    }),

  edit: (p: Edit): Promise<Product> =>
    edit(ctx, p, async (tx) => {
      const before = await productRow(tx, p.id)
      expectRevision(before, p)
      const row = revised(ctx, before)
      if (p.name !== undefined) row.name = check.name('name', p.name)
      if (p.description !== undefined) row.description = check.description(p.description)
      if (p.registration !== undefined) row.registration = p.registration
      if (p.config !== undefined) row.model_version = await publish(ctx, tx, before, { config: p.config, by: p.audit })
      await tx.update('product', [row])
      const result = await productIn(ctx, tx, row)
      const deed = edited('product', versioned(await productIn(ctx, tx, before)), versioned(result))
      return { result, bell: { what: 'product', id: p.id, change: 'changed' }, deed }
    }),

  /** With its draft, pins and versions. `conflict` while it has devices. */
  remove: (p: { id: number } & Asked): Promise<void> =>
    edit(ctx, p, async (tx) => {
      const { id } = p
      const row = await productRow(tx, id)
      expectRevision(row, p)
      const [device] = await tx.select('device', { where: { product_id: id }, limit: 1 })
      if (device) throw new PandoError('conflict', `product ${id} has devices (${device.id}); remove them first`, { id })
      const deed = removed('product', await productIn(ctx, tx, row))
      for (const table of ['product_model', 'product_draft', 'product_pin'] as const) await tx.remove(table, 'product_id', [id])
      await tx.remove('product', 'id', [id])
      return { result: undefined, bell: { what: 'product', id, change: 'removed' }, deed }
    }),

  /** The configuration of a version, of the published one when it is not given. Errors: `product_unknown`, `not_found`. */
  async model(id: number, version?: number): Promise<{ productId: number; version: number; config: string }> {
    const product = await ctx.lookups.product(id)
    const row = await ctx.lookups.model(id, version ?? product.modelVersion)
    return { productId: id, version: row.version, config: row.config }
  },
})

/** So that a new version is seen in the audit log. */
export const versioned = (p: Product) => ({ ...p, published: p.modelVersion })
