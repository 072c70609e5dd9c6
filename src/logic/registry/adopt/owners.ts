/** Vendors, products with their models, applications of an older cloud. */
import type { OldApplication, OldProduct, OldVendor } from '#contracts/registry.ts'
import type { NewRow } from '#core/registrystore/port.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { newSigningSecret } from '../secrets.ts'
import { adopting, different, differs, type Kind, keyOf, refused, sameKey, shown } from './adopt.ts'

const times = (o: { createdAt: number; updatedAt: number }) => ({ created_at: o.createdAt, updated_at: o.updatedAt, revision: 1 })
const another = (what: string, id: number) => refused(`there is another ${what} ${id} here, with another key`)

export function adoptVendors(ctx: Context) {
  const kind: Kind<OldVendor, 'vendor', undefined> = {
    table: 'vendor',
    key: 'id',
    name: 'vendor',
    sequence: 'vendor',
    bell: 'vendor',
    read: async () => undefined,
    make: (o) => ({ row: { id: o.id, tenant_id: TENANT, ...shown(o), ...keyOf(ctx, 'vendor.key', o), ...times(o) } }),
    compare: (o, row) => (sameKey(ctx, 'vendor.key', row, o.key) ? differs(different(row, shown(o))) : another('vendor', o.id)),
    insert: (tx, added) =>
      tx.insert(
        'vendor',
        added.map((a) => a.row),
      ),
  }
  return adopting(ctx, kind)
}

function configOf({ codecs }: Context, o: OldProduct): string {
  if (o.config === '') throw new PandoError('model_invalid', 'it has no configuration')
  try {
    return check.config(o.config, codecs)
  } catch (e) {
    throw isPandoError(e) ? new PandoError(e.code, `its configuration: ${e.message}`, e.params, e) : e
  }
}

interface AroundProducts {
  vendors: Set<number>
  /** product → the configuration of its first model */
  configs: Map<number, string>
}

export function adoptProducts(ctx: Context) {
  const model = (o: OldProduct): NewRow<'product_model'> => ({
    product_id: o.id,
    version: 1,
    tenant_id: TENANT,
    state: 'published',
    config: configOf(ctx, o),
    created_at: o.updatedAt,
    note: '',
    published_by: check.actor(undefined),
  })
  const kind: Kind<OldProduct, 'product', AroundProducts> = {
    table: 'product',
    key: 'id',
    name: 'product',
    sequence: 'product',
    bell: 'product',
    async read(tx, items) {
      const vendors = await tx.select('vendor', { in: { column: 'id', values: items.map((o) => o.vendorId) } })
      const models = await tx.select('product_model', {
        where: { version: 1 },
        in: { column: 'product_id', values: items.map((o) => o.id) },
      })
      return { vendors: new Set(vendors.map((v) => v.id)), configs: new Map(models.map((m) => [m.product_id, m.config])) }
    },
    make(o, { vendors }) {
      model(o)
      const state = { model_version: 1, registration: 'open', ...times(o) }
      const owner = { id: o.id, tenant_id: TENANT, vendor_id: o.vendorId }
      const row = { ...owner, ...shown(o), ...keyOf(ctx, 'product.key', o), ...state }
      if (!vendors.has(o.vendorId)) throw new PandoError('vendor_unknown', `its vendor ${o.vendorId} is not here`)
      return { row }
    },
    compare(o, row, { configs }) {
      if (!sameKey(ctx, 'product.key', row, o.key)) return another('product', o.id)
      const names = different(row, { ...shown(o), vendor_id: o.vendorId })
      return differs(configs.get(o.id) === o.config ? names : [...names, 'configuration'])
    },
    async insert(tx, added) {
      await tx.insert(
        'product',
        added.map((a) => a.row),
      )
      await tx.insert(
        'product_model',
        added.map((a) => model(a.old)),
      )
    },
  }
  return adopting(ctx, kind)
}

/** A report URL that is none would be refused for ever: the application is moved without. */
function urlOf(o: OldApplication): { url: string; why?: string } {
  try {
    return { url: check.reportUrl(o.reportUrl) }
  } catch (e) {
    if (!isPandoError(e)) throw e
    return { url: '', why: `moved without its report URL, which is none: ${e.message}` }
  }
}

export function adoptApplications(ctx: Context) {
  const { secrets } = ctx
  const said = (o: OldApplication) => ({ ...shown(o), domain: check.domain(o.domain), report_url: urlOf(o).url })
  const kind: Kind<OldApplication, 'application', undefined> = {
    table: 'application',
    key: 'id',
    name: 'application',
    sequence: 'application',
    bell: 'application',
    read: async () => undefined,
    make(o) {
      const { why } = urlOf(o)
      const sealed = {
        report_token_sealed: secrets.seal('report.token', o.id, check.reportToken(o.reportToken)),
        signing_secret_sealed: secrets.seal('signing.secret', o.id, newSigningSecret()),
      }
      // what applications of the old cloud expect
      const state = { tags: 'event', paused: 0, paused_at: 0, key_rotated_at: o.createdAt, secret_rotated_at: ctx.clock.now() }
      const row = {
        id: o.id,
        tenant_id: TENANT,
        ...said(o),
        ...keyOf(ctx, 'application.key', o),
        ...sealed,
        ...state,
        ...times(o),
      }
      return why === undefined ? { row } : { row, why }
    },
    compare(o, row) {
      if (!sameKey(ctx, 'application.key', row, o.key)) return another('application', o.id)
      const names = different(row, said(o))
      const token = secrets.open('report.token', o.id, row.report_token_sealed)
      return differs(token === o.reportToken ? names : [...names, 'report token'])
    },
    insert: (tx, added) =>
      tx.insert(
        'application',
        added.map((a) => a.row),
      ),
  }
  return adopting(ctx, kind)
}
