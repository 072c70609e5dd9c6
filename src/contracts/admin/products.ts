import { type Static, Type } from 'typebox'
import { RegistrationPolicy } from '../registry/products.ts'
import { byId, exactly, Id, Line, listOf, Name, Params, page, Revision, Text, Time, vendorFilter } from './common.ts'
import { route } from './route.ts'

const Version = Type.Integer({ minimum: 1, maximum: 65_535 })
const Firmware = Type.String({ maxLength: 128 })
export const Pin = exactly({ firmware: Text, model: Version })

/** A product configuration: objects, commands, events; keys that we do not know (`unit`, `title`, `min` …) are kept. */
const Model = Type.Unknown({ description: 'product configuration: {objects, commands, events}, and hints' })

const product = {
  id: Id,
  vendor: Id,
  name: Text,
  description: Text,
  key: Type.Optional(Type.String({ description: 'for whoever may change products' })),
  devices: Type.Integer(),
  model: Type.Integer({ description: 'version of the published model' }),
  pins: Type.Array(Pin, { description: 'firmware that keeps a model version' }),
  registration: RegistrationPolicy,
  revision: Revision,
  created_at: Time,
  updated_at: Time,
}
export const Product = exactly(product, { title: 'Product' })
export type Product = Static<typeof Product>

export const ModelVersion = exactly(
  { version: Type.Integer(), note: Text, published_by: Text, published_at: Time },
  { title: 'ModelVersion' },
)
export const Draft = exactly(
  { product: Id, model: Model, based_on: Type.Integer(), revision: Revision, updated_by: Text, updated_at: Time },
  { title: 'Draft' },
)
export type Draft = Static<typeof Draft>

export const Change = exactly({
  code: Type.String({ description: 'object_added, object_removed, label_changed, values_changed, command_removed …' }),
  params: Params,
  severity: Type.Enum(['info', 'warning', 'breaking']),
  devices: Type.Integer({ description: 'that would get the new model, of firmware without a pin' }),
  firmware: Type.Array(exactly({ firmware: Text, devices: Type.Integer() })),
})
export type Change = Static<typeof Change>

const tag = 'products'
const ofVersion = exactly({ id: Id, version: Version })
const unknown = ['product_unknown'] as const

export const productRoutes = {
  'GET /products': route({
    id: 'listProducts',
    tag,
    summary: 'Products, by id',
    query: exactly({ ...page, ...vendorFilter }),
    answer: listOf(Product),
    can: 'products.read',
  }),
  'POST /products': route({
    id: 'addProduct',
    tag,
    summary: 'Add a product; its model is published as version 1',
    body: exactly({
      vendor: Id,
      name: Name,
      description: Type.Optional(Line),
      model: Type.Optional(Model),
      registration: Type.Optional(RegistrationPolicy),
    }),
    answer: Product,
    status: 201,
    can: 'products.write',
    audit: 'product.add',
    revision: true,
    idempotent: true,
    errors: ['vendor_unknown', 'model_invalid'],
  }),
  'GET /products/{id}': route({
    id: 'getProduct',
    tag,
    summary: 'One product',
    params: byId,
    answer: Product,
    can: 'products.read',
    revision: true,
    errors: unknown,
  }),
  'PATCH /products/{id}': route({
    id: 'editProduct',
    tag,
    summary: 'Rename, describe, change who may register, pin firmware to model versions',
    params: byId,
    body: exactly({
      name: Type.Optional(Name),
      description: Type.Optional(Line),
      registration: Type.Optional(RegistrationPolicy),
      pins: Type.Optional(
        Type.Array(exactly({ firmware: Firmware, model: Type.Integer({ minimum: 0, maximum: 65_535 }) }), {
          maxItems: 1000,
          description: 'model 0 drops a pin',
        }),
      ),
    }),
    answer: Product,
    can: 'products.write',
    audit: 'product.edit',
    revision: true,
    errors: unknown,
  }),
  'DELETE /products/{id}': route({
    id: 'removeProduct',
    tag,
    summary: 'Remove a product that has no devices',
    params: byId,
    can: 'products.write',
    audit: 'product.remove',
    revision: true,
    errors: [...unknown, 'conflict'],
  }),
  'GET /products/{id}/models': route({
    id: 'listModels',
    tag,
    summary: 'All versions of the model, newest first',
    params: byId,
    answer: listOf(ModelVersion),
    can: 'products.read',
    errors: unknown,
  }),
  'GET /products/{id}/models/{version}': route({
    id: 'getModel',
    tag,
    summary: 'The model as of a version',
    params: ofVersion,
    answer: exactly({ product: Id, version: Type.Integer(), model: Model }),
    can: 'products.read',
    errors: [...unknown, 'not_found'],
  }),
  'GET /products/{id}/code': route({
    id: 'getCode',
    tag,
    summary: 'Code of the model: types for applications in TypeScript, a header for firmware in C',
    params: byId,
    query: exactly({ lang: Type.Enum(['typescript', 'c']), version: Type.Optional(Version) }),
    answer: exactly({ product: Id, version: Type.Integer(), language: Text, text: Text }),
    can: 'products.read',
    errors: [...unknown, 'not_found'],
  }),
  'GET /products/{id}/draft': route({
    id: 'getDraft',
    tag,
    summary: 'The draft of the next model version',
    params: byId,
    answer: Draft,
    can: 'products.read',
    revision: true,
    errors: [...unknown, 'not_found'],
  }),
  'PUT /products/{id}/draft': route({
    id: 'putDraft',
    tag,
    summary: 'Keep a draft; it need not be valid yet',
    params: byId,
    body: exactly({ model: Model }),
    answer: Draft,
    can: 'products.write',
    audit: 'product.draft',
    revision: true,
    errors: unknown,
  }),
  'DELETE /products/{id}/draft': route({
    id: 'discardDraft',
    tag,
    summary: 'Discard the draft',
    params: byId,
    can: 'products.write',
    audit: 'product.discard_draft',
    revision: true,
    errors: [...unknown, 'not_found'],
  }),
  'POST /products/{id}/draft/check': route({
    id: 'checkDraft',
    tag,
    summary: 'What publishing the draft changes, for how many devices on which firmware',
    params: byId,
    answer: exactly({
      errors: Type.Array(exactly({ code: Text, params: Params })),
      changes: Type.Array(Change),
      quarantine: exactly({
        decodes: Type.Integer({ description: 'quarantined frames that the draft can read, of those looked at' }),
        frames: Type.Integer(),
        complete: Type.Boolean(),
      }),
      used_by: exactly({ applications: Type.Array(Id), rules: Type.Array(Id) }),
    }),
    can: 'products.read',
    errors: [...unknown, 'not_found'],
  }),
  'POST /products/{id}/draft/publish': route({
    id: 'publishDraft',
    tag,
    summary: 'Publish the draft as the next version; firmware that it would break can be pinned to an older one',
    params: byId,
    body: exactly({
      note: Line,
      pins: Type.Optional(Type.Array(exactly({ firmware: Firmware, model: Version }), { maxItems: 1000 })),
    }),
    answer: Product,
    can: 'products.write',
    audit: 'product.publish',
    revision: true,
    idempotent: true,
    errors: [...unknown, 'not_found', 'model_invalid'],
  }),
}
