/** A product's model on its way: draft, published versions, and firmware that keeps an older one. */
import type { Draft, ModelVersion, Product } from '#contracts/registry.ts'
import type { ProductDraftRow, Reads, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, edit, edited, expectRevision, revised } from './edit.ts'
import { productIn, productRow, publish, versioned } from './products.ts'

interface PinWish {
  firmware: string
  version: number
}

const MAX_PINS = 256
/** Of a draft that is not there. */
const NO_DRAFT = { revision: 0 }

const draftOf = (r: Omit<ProductDraftRow, 'crc'>): Draft => ({
  productId: r.product_id,
  config: r.config,
  basedOn: r.based_on,
  revision: r.revision,
  updatedBy: r.updated_by,
  updatedAt: r.updated_at,
})

const findDraft = async (tx: Reads, productId: number): Promise<ProductDraftRow | undefined> =>
  (await tx.select('product_draft', { where: { product_id: productId } }))[0]

async function draftRow(tx: Reads, productId: number): Promise<ProductDraftRow> {
  await productRow(tx, productId)
  const row = await findDraft(tx, productId)
  if (!row) throw new PandoError('not_found', `product ${productId} has no draft`, { productId })
  return row
}

/** `version` is the newest there is. */
async function applyPins(tx: Transaction, productId: number, wishes: readonly PinWish[], version: number): Promise<void> {
  const pins = new Map((await tx.select('product_pin', { where: { product_id: productId } })).map((r) => [r.firmware, r.version]))
  for (const w of wishes) {
    if (w.version > version)
      throw new PandoError('invalid', `pins: there is no version ${w.version}`, { field: 'pins', reason: 'no_version', version })
    if (w.version === 0) pins.delete(w.firmware)
    else pins.set(check.firmware(w.firmware), w.version)
  }
  if (pins.size > MAX_PINS)
    throw new PandoError('invalid', `more than ${MAX_PINS} pins`, { field: 'pins', reason: 'maxItems', max: MAX_PINS })
  await tx.remove('product_pin', 'product_id', [productId])
  await tx.insert(
    'product_pin',
    [...pins].map(([firmware, v]) => ({ product_id: productId, firmware, tenant_id: TENANT, version: v })),
  )
}

export const makeModels = (ctx: Context) => ({
  /** Errors: `product_unknown`. */
  async versions(productId: number): Promise<ModelVersion[]> {
    await productRow(ctx.store, productId)
    const rows = await ctx.store.select('product_model', { where: { product_id: productId } })
    const newest = rows.sort((a, b) => b.version - a.version)
    return newest.map(({ version, note, published_by, created_at }) => ({
      productId,
      version,
      note,
      publishedBy: published_by,
      publishedAt: created_at,
    }))
  },

  draft: async (productId: number): Promise<Draft> => draftOf(await draftRow(ctx.store, productId)),

  putDraft: (d: { productId: number; config: string } & Asked): Promise<Draft> =>
    edit(ctx, d, async (tx) => {
      const product = await productRow(tx, d.productId)
      const before = await findDraft(tx, d.productId)
      expectRevision(before ?? NO_DRAFT, d)
      const row = {
        product_id: d.productId,
        tenant_id: TENANT,
        config: check.configText(d.config),
        based_on: before?.based_on ?? product.model_version,
        // of all drafts: one that is discarded and begun anew is another
        revision: await tx.next('draft', 1),
        updated_by: check.actor(d.audit),
        updated_at: ctx.clock.now(),
      }
      await (before ? tx.update('product_draft', [row]) : tx.insert('product_draft', [row]))
      const after = { revision: row.revision, basedOn: row.based_on, characters: row.config.length }
      return { result: draftOf(row), deed: { action: 'product.draft', object: `product/${d.productId}`, after } }
    }),

  discardDraft: (d: { productId: number } & Asked): Promise<void> =>
    edit(ctx, d, async (tx) => {
      const row = await draftRow(tx, d.productId)
      expectRevision(row, d)
      await tx.remove('product_draft', 'product_id', [d.productId])
      const before = { revision: row.revision, basedOn: row.based_on }
      return { result: undefined, deed: { action: 'product.discard_draft', object: `product/${d.productId}`, before } }
    }),

  /** Everybody sees the new version at once. Errors: `product_unknown`, `not_found`, `model_invalid`, `invalid`, `conflict`. */
  publish: (p: { productId: number; note: string; pins?: PinWish[] } & Asked): Promise<Product> =>
    edit(ctx, p, async (tx) => {
      const draft = await draftRow(tx, p.productId)
      expectRevision(draft, p)
      const before = await productRow(tx, p.productId)
      const was = versioned(await productIn(ctx, tx, before))
      const row = revised(ctx, before)
      row.model_version = await publish(ctx, tx, before, { config: draft.config, note: p.note, by: p.audit })
      await tx.update('product', [row])
      await applyPins(tx, p.productId, p.pins ?? [], row.model_version)
      await tx.remove('product_draft', 'product_id', [p.productId])
      const result = await productIn(ctx, tx, row)
      const deed = edited('product', was, versioned(result), 'publish', { note: p.note })
      return { result, bell: { what: 'product', id: p.productId, change: 'changed' }, deed }
    }),

  setPins: (p: { productId: number; pins: PinWish[] } & Asked): Promise<Product> =>
    edit(ctx, p, async (tx) => {
      const before = await productRow(tx, p.productId)
      expectRevision(before, p)
      const was = await productIn(ctx, tx, before)
      const row = revised(ctx, before)
      await tx.update('product', [row])
      await applyPins(tx, p.productId, p.pins, row.model_version)
      const result = await productIn(ctx, tx, row)
      return {
        result,
        bell: { what: 'product', id: p.productId, change: 'changed' },
        deed: edited('product', was, result, 'pin'),
      }
    }),
})
