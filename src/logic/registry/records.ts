/** Rows as what the contract shows, wrapped values opened. */
import type {
  Application,
  DeadLetter,
  Device,
  Pin,
  Product,
  RegistrationPolicy,
  Vendor,
  WebhookTag,
} from '#contracts/registry.ts'
import type { NewRow } from '#core/registrystore/port.ts'
import type { Secrets } from './secrets.ts'

interface NamedRow {
  id: number
  name: string
  description: string
  revision: number
  created_at: number
  updated_at: number
}

const named = (r: NamedRow) => ({
  id: r.id,
  name: r.name,
  description: r.description,
  revision: r.revision,
  createdAt: r.created_at,
  updatedAt: r.updated_at,
})

export const vendorOf = (s: Secrets, r: NewRow<'vendor'>): Vendor => ({
  ...named(r),
  key: s.open('vendor.key', r.id, r.key_sealed),
})

export const pinsOf = (rows: readonly NewRow<'product_pin'>[], productId: number): Pin[] =>
  rows
    .filter((r) => r.product_id === productId)
    .map((r) => ({ firmware: r.firmware, version: r.version }))
    .sort((a, b) => (a.firmware < b.firmware ? -1 : 1))

export const productOf = (s: Secrets, r: NewRow<'product'>, pins: readonly NewRow<'product_pin'>[]): Product => ({
  ...named(r),
  vendorId: r.vendor_id,
  key: s.open('product.key', r.id, r.key_sealed),
  modelVersion: r.model_version,
  pins: pinsOf(pins, r.id),
  registration: r.registration as RegistrationPolicy,
})

export const applicationOf = (s: Secrets, r: NewRow<'application'>): Application => ({
  ...named(r),
  key: s.open('application.key', r.id, r.key_sealed),
  domain: r.domain,
  reportUrl: r.report_url,
  reportToken: s.open('report.token', r.id, r.report_token_sealed),
  tags: r.tags.split(',').filter((t) => t !== '') as WebhookTag[],
  signingSecret: s.open('signing.secret', r.id, r.signing_secret_sealed),
  paused: r.paused !== 0,
  pausedAt: r.paused_at,
  keyRotatedAt: r.key_rotated_at,
  secretRotatedAt: r.secret_rotated_at,
})

/** What a device takes from its product. */
export type OfProduct = Pick<Product, 'vendorId' | 'modelVersion' | 'pins'>

const modelVersion = (p: OfProduct, firmware: string): number =>
  p.pins.find((pin) => pin.firmware === firmware)?.version ?? p.modelVersion

/** Shared by all who ask, so nobody may change it. */
export const deviceOf = (r: NewRow<'device'>, product: OfProduct): Device =>
  Object.freeze({
    id: r.id,
    productId: r.product_id,
    vendorId: product.vendorId,
    identifier: r.identifier,
    code: r.code,
    name: r.name,
    description: r.description,
    version: r.version,
    modelVersion: modelVersion(product, r.version),
    createdAt: r.created_at,
    updatedAt: r.updated_at,
  })

export const deadLetterOf = (r: NewRow<'dead_letter'>): DeadLetter => ({
  id: r.id,
  applicationId: r.application_id,
  deviceId: r.device_id,
  messageId: r.message_id,
  body: r.body,
  tries: r.tries,
  lastError: r.last_error,
  failedAt: r.failed_at,
})
