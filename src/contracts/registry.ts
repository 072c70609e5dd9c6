/** The registry: vendors, products and their models, applications, devices, credentials, tokens, dead letters. */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'

const Id = Type.Integer({ minimum: 1 })
const Text = Type.String()
const Time = Type.Number({ description: 'ms since 1970' })
const None = Type.Object({})

export const Vendor = Type.Object({ id: Id, name: Text, description: Text, key: Text, createdAt: Time, updatedAt: Time })
export type Vendor = Static<typeof Vendor>

export const RegistrationPolicy = Type.Union([Type.Literal('open'), Type.Literal('once'), Type.Literal('closed')])
export type RegistrationPolicy = Static<typeof RegistrationPolicy>

export const Product = Type.Object({
  id: Id,
  vendorId: Id,
  name: Text,
  description: Text,
  key: Text,
  /** the published model's version, from 1 */
  modelVersion: Type.Integer(),
  registration: RegistrationPolicy,
  createdAt: Time,
  updatedAt: Time,
})
export type Product = Static<typeof Product>

/** What an application wants to be told by webhook. Old applications expect `event` only. */
export const WebhookTag = Type.Union([
  Type.Literal('event'),
  Type.Literal('status'),
  Type.Literal('online'),
  Type.Literal('offline'),
])
export type WebhookTag = Static<typeof WebhookTag>

export const Application = Type.Object({
  id: Id,
  name: Text,
  description: Text,
  key: Text,
  /** `*`, `vendor/<decimal id>`, `product/<decimal id>` */
  domain: Text,
  reportUrl: Text,
  reportToken: Text,
  tags: Type.Array(WebhookTag),
  /** Standard Webhooks secret, `whsec_` + base64 */
  signingSecret: Text,
  paused: Type.Boolean(),
  createdAt: Time,
  updatedAt: Time,
})
export type Application = Static<typeof Application>

/** What everybody needs of a device; no secret in it. */
export const Device = Type.Object({
  id: Id,
  productId: Id,
  vendorId: Id,
  identifier: Text,
  code: Text,
  name: Text,
  description: Text,
  version: Text,
  /** the model version that its records are written with */
  modelVersion: Type.Integer(),
  createdAt: Time,
  updatedAt: Time,
})
export type Device = Static<typeof Device>

export const DeadLetter = Type.Object({
  id: Id,
  applicationId: Id,
  deviceId: Id,
  /** the webhook-id of the delivery: the same for each try */
  messageId: Text,
  body: Text,
  tries: Type.Integer(),
  lastError: Text,
  failedAt: Time,
})
export type DeadLetter = Static<typeof DeadLetter>

const DeviceCheck = Type.Object({ deviceId: Type.Number(), token: Type.String({ description: '32 hex digits' }) })
/** Either the device, or why not: `device_unknown`, `token_unknown`, `token_of_other_device`, `server_busy` (its rows can't be read now). */
const DeviceVerdict = Type.Object({
  device: Type.Optional(Device),
  refused: Type.Optional(Type.String()),
  /** for `token_unknown`: it was this device's token until it expired or a login replaced it */
  was: Type.Optional(Type.Union([Type.Literal('expired'), Type.Literal('replaced')])),
})

const list = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Object({ items: Type.Array(item) })
const Page = Type.Object({ after: Type.Optional(Type.Integer()), limit: Type.Optional(Type.Integer()) })

export const registry = contract('registry', {
  // what devices need
  registerDevice: method(
    Type.Object({ productKey: Text, code: Text, version: Text }),
    Type.Object({ device: Device, secret: Text, key: Text, created: Type.Boolean() }),
    { retry: true },
  ),
  /** Checks the secret (constant time) and makes a token; the token that was current stays known as `replaced` for the diary only. */
  login: method(Type.Object({ deviceId: Type.Number(), secret: Text }), Type.Object({ device: Device, token: Text })),
  /** For connects, a batch at a time. A token that is accepted slides forward. */
  checkTokens: method(Type.Object({ items: Type.Array(DeviceCheck) }), Type.Object({ items: Type.Array(DeviceVerdict) }), {
    retry: true,
  }),
  /** Keeps the tokens of devices that are connected alive (30 days from now); called for all of them now and then. */
  touchTokens: method(Type.Object({ deviceIds: Type.Array(Id) }), None, { retry: true }),
  /** The device's tokens die at once; its live session ends within a second. */
  revokeTokens: method(Type.Object({ deviceId: Id }), None, { retry: true }),

  // look-ups
  devicesById: method(Type.Object({ ids: Type.Array(Id) }), list(Device), { retry: true }),
  deviceByIdentifier: method(Type.Object({ identifier: Text }), Device, { retry: true }),
  /** Decodes the key, compares it with the row's in constant time. */
  deviceByKey: method(Type.Object({ key: Text }), Device, { retry: true }),
  applicationByKey: method(Type.Object({ key: Text }), Application, { retry: true }),
  /** The product configuration (JSON text) as of a version; the published one when absent. */
  model: method(
    Type.Object({ productId: Id, version: Type.Optional(Type.Integer()) }),
    Type.Object({ productId: Id, version: Type.Integer(), config: Text }),
    { retry: true },
  ),

  // management
  vendors: method(Page, list(Vendor), { retry: true }),
  addVendor: method(Type.Object({ name: Text, description: Text }), Vendor),
  editVendor: method(Type.Object({ id: Id, name: Type.Optional(Text), description: Type.Optional(Text) }), Vendor),
  removeVendor: method(Type.Object({ id: Id }), None),
  products: method(Page, list(Product), { retry: true }),
  addProduct: method(
    Type.Object({ vendorId: Id, name: Text, description: Text, config: Text, registration: Type.Optional(RegistrationPolicy) }),
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
    }),
    Product,
  ),
  removeProduct: method(Type.Object({ id: Id }), None),
  applications: method(Page, list(Application), { retry: true }),
  addApplication: method(
    Type.Object({
      name: Text,
      description: Text,
      domain: Text,
      reportUrl: Text,
      reportToken: Text,
      tags: Type.Optional(Type.Array(WebhookTag)),
    }),
    Application,
  ),
  editApplication: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      domain: Type.Optional(Text),
      reportUrl: Type.Optional(Text),
      reportToken: Type.Optional(Text),
      tags: Type.Optional(Type.Array(WebhookTag)),
      paused: Type.Optional(Type.Boolean()),
    }),
    Application,
  ),
  removeApplication: method(Type.Object({ id: Id }), None),
  devices: method(Type.Object({ ...Page.properties, productId: Type.Optional(Id) }), list(Device), { retry: true }),
  editDevice: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      /** lets a device of a product with policy `once` fetch its secret again, once */
      permitRegistration: Type.Optional(Type.Boolean()),
    }),
    Device,
  ),
  removeDevice: method(Type.Object({ id: Id }), None),

  // webhooks given up
  addDeadLetter: method(Type.Omit(DeadLetter, ['id']), DeadLetter, { retry: true }),
  deadLetters: method(Type.Object({ ...Page.properties, applicationId: Type.Optional(Id) }), list(DeadLetter), { retry: true }),
  removeDeadLetter: method(Type.Object({ id: Id }), None, { retry: true }),
})
