import type { Draft as DraftTold, productRoutes, Product as Told } from '#contracts/admin/products.ts'
import type { Draft, Principal, Product } from '#contracts/registry.ts'
import { modelCode } from '#lib/modelcode.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { Handlers, Parts } from './call.ts'
import { checkDraft } from './draftcheck.ts'
import type { ModelCache } from './modelcache.ts'
import { pagedOf } from './page.ts'
import { reachOf } from './reach.ts'
import { revisionOf } from './revision.ts'

const EMPTY_MODEL = { objects: [], commands: [], events: [] }

const told = (p: Product, devices: number, { can }: Principal): Told => ({
  id: p.id,
  vendor: p.vendorId,
  name: p.name,
  description: p.description,
  ...(can.includes('products.write') && { key: p.key }),
  devices,
  model: p.modelVersion,
  pins: p.pins.map((pin) => ({ firmware: pin.firmware, model: pin.version })),
  registration: p.registration,
  revision: p.revision,
  created_at: p.createdAt,
  updated_at: p.updatedAt,
})

const draftTold = (d: Draft): DraftTold => ({
  product: d.productId,
  model: parseExact(d.config),
  based_on: d.basedOn,
  revision: d.revision,
  updated_by: d.updatedBy,
  updated_at: d.updatedAt,
})

const pinsOf = (pins: readonly { firmware: string; model: number }[]) =>
  pins.map(({ firmware, model }) => ({ firmware, version: model }))

export function products(p: Parts & { models: ModelCache }): Handlers<typeof productRoutes> {
  const { registry } = p.peers
  const reach = reachOf(p.peers)
  const devicesOf = async (productId: number): Promise<number> =>
    (await p.peers.registry.searchDevices({ productId, limit: 0 })).total
  const shown = async (row: Product, who: Principal): Promise<Told> => told(row, await devicesOf(row.id), who)
  return {
    'GET /products': async ({ auth, query, scope }) => {
      const seen = (r: Product) => scope.covers(r.vendorId, r.id) && (query.vendor === undefined || r.vendorId === query.vendor)
      const found = await pagedOf(registry.products, query, seen, (row) => row)
      return { ...found, items: await Promise.all(found.items.map((row) => shown(row, auth.principal))) }
    },
    'POST /products': async ({ auth, body, scope, by }) => {
      const { vendor, description = '', model = EMPTY_MODEL, ...rest } = body
      await reach.vendor(vendor, scope, 'whole')
      const added = { vendorId: vendor, description, config: stringifyExact(model), ...rest }
      return shown(await registry.addProduct({ ...added, audit: by }), auth.principal)
    },
    'GET /products/{id}': async ({ auth, params, scope }) => shown(await reach.product(params.id, scope), auth.principal),
    'PATCH /products/{id}': async (c) => {
      const { id } = await reach.product(c.params.id, c.scope)
      const { pins, ...rest } = c.body
      const edits = Object.keys(rest).length > 0 || pins === undefined
      let row = edits ? await registry.editProduct({ id, ...rest, ...revisionOf(c), audit: c.by }) : undefined
      if (pins) {
        const guard = row ? { ifRevision: row.revision } : revisionOf(c)
        row = await registry.setPins({ productId: id, pins: pinsOf(pins), ...guard, audit: c.by })
      }
      return shown(row!, c.auth.principal)
    },
    'DELETE /products/{id}': async (c) => {
      const { id } = await reach.product(c.params.id, c.scope)
      await registry.removeProduct({ id, ...revisionOf(c), audit: c.by })
      return undefined
    },
    'GET /products/{id}/models': async ({ params, scope }) => {
      const { id } = await reach.product(params.id, scope)
      const { items } = await registry.modelVersions({ productId: id })
      return {
        items: items.map((m) => ({
          version: m.version,
          note: m.note,
          published_by: m.publishedBy,
          published_at: m.publishedAt,
        })),
      }
    },
    'GET /products/{id}/models/{version}': async ({ params, scope }) => {
      const { id } = await reach.product(params.id, scope)
      const { version, config } = await registry.model({ productId: id, version: params.version })
      return { product: id, version, model: parseExact(config) }
    },
    'GET /products/{id}/code': async ({ params, query, scope }) => {
      const { id, name, modelVersion } = await reach.product(params.id, scope)
      const { lang, version = modelVersion } = query
      const model = await p.models(id, version)
      return { product: id, version, language: lang, text: modelCode(lang, { product: name, version, model }) }
    },
    'GET /products/{id}/draft': async ({ params, scope }) => {
      const { id } = await reach.product(params.id, scope)
      return draftTold(await registry.draft({ productId: id }))
    },
    'PUT /products/{id}/draft': async (c) => {
      const { id } = await reach.product(c.params.id, c.scope)
      const config = stringifyExact(c.body.model)
      return draftTold(await registry.putDraft({ productId: id, config, ...revisionOf(c), audit: c.by }))
    },
    'DELETE /products/{id}/draft': async (c) => {
      const { id } = await reach.product(c.params.id, c.scope)
      await registry.discardDraft({ productId: id, ...revisionOf(c), audit: c.by })
      return undefined
    },
    'POST /products/{id}/draft/check': async ({ params, scope }) => checkDraft(p.peers, await reach.product(params.id, scope)),
    'POST /products/{id}/draft/publish': async (c) => {
      const { id } = await reach.product(c.params.id, c.scope)
      const { note, pins } = c.body
      const asked = { productId: id, note, ...(pins && { pins: pinsOf(pins) }) }
      return shown(await registry.publish({ ...asked, ...revisionOf(c), audit: c.by }), c.auth.principal)
    },
  }
}
