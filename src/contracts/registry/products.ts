import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

export const RegistrationPolicy = Type.Union([Type.Literal('open'), Type.Literal('once'), Type.Literal('closed')])
export type RegistrationPolicy = Static<typeof RegistrationPolicy>

/** Devices that run this firmware keep this model version, whichever is published. */
export const Pin = Type.Object({ firmware: Text, version: Type.Integer({ minimum: 1 }) })
export type Pin = Static<typeof Pin>

export const Product = Type.Object({
  id: Id,
  vendorId: Id,
  name: Text,
  description: Text,
  key: Text,
  /** the published model's version, from 1 */
  modelVersion: Type.Integer(),
  pins: Type.Array(Pin),
  registration: RegistrationPolicy,
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
})
export type Product = Static<typeof Product>

/** A version that is or was published; its configuration never changes. `config` comes from `model`. */
export const ModelVersion = Type.Object({
  productId: Id,
  version: Type.Integer(),
  note: Text,
  publishedBy: Text,
  publishedAt: Time,
})
export type ModelVersion = Static<typeof ModelVersion>

/** What is being worked on; one a product. Need not be a valid configuration until it is published. */
export const Draft = Type.Object({
  productId: Id,
  config: Text,
  /** the version that was published when the draft was begun */
  basedOn: Type.Integer(),
  revision: Revision,
  updatedBy: Text,
  updatedAt: Time,
})
export type Draft = Static<typeof Draft>

export const productMethods = {
  products: method(Page, list(Product), { retry: true }),
  addProduct: method(
    Type.Object({
      vendorId: Id,
      name: Text,
      description: Text,
      config: Text,
      registration: Type.Optional(RegistrationPolicy),
      ...byWhom,
    }),
    Product,
  ),
  /** A new `config` becomes the next model version and is published. */
  editProduct: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      config: Type.Optional(Text),
      registration: Type.Optional(RegistrationPolicy),
      ...guarded,
    }),
    Product,
  ),
  removeProduct: method(Type.Object({ id: Id, ...guarded }), None),

  /** The product configuration (JSON text) as of a version; the published one when absent. */
  model: method(
    Type.Object({ productId: Id, version: Type.Optional(Type.Integer()) }),
    Type.Object({ productId: Id, version: Type.Integer(), config: Text }),
    { retry: true },
  ),
  /** All versions, newest first. */
  modelVersions: method(Type.Object({ productId: Id }), list(ModelVersion), { retry: true }),
  /** `not_found` when there is none. */
  draft: method(Type.Object({ productId: Id }), Draft, { retry: true }),
  /** `ifRevision`: of the draft; 0 = only if there is none. `config` is kept as it is, up to 4 MB of text. */
  putDraft: method(Type.Object({ productId: Id, config: Text, ...guarded }), Draft),
  discardDraft: method(Type.Object({ productId: Id, ...guarded }), None),
  /**
   * The draft becomes the next version, is published and gone; `pins` replace those of the same firmware (`version: 0` drops one).
   * Errors: `not_found` (no draft), `model_invalid`, `conflict` (`ifRevision` is the draft's), `invalid` (a pin to no version).
   */
  publish: method(
    Type.Object({
      productId: Id,
      note: Text,
      pins: Type.Optional(Type.Array(Type.Object({ firmware: Text, version: Type.Integer({ minimum: 0 }) }))),
      ...guarded,
    }),
    Product,
  ),
  /** As `publish`'s `pins`, without a new version. `ifRevision` is the product's. */
  setPins: method(
    Type.Object({
      productId: Id,
      pins: Type.Array(Type.Object({ firmware: Text, version: Type.Integer({ minimum: 0 }) })),
      ...guarded,
    }),
    Product,
  ),
}
