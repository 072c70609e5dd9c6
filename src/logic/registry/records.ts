/** Rows as what the contract shows, wrapped values opened. */
import type { Application, DeadLetter, Device, Product, RegistrationPolicy, Vendor, WebhookTag } from '#contracts/registry.ts'
import type { ApplicationRow, DeadLetterRow, DeviceRow, ProductRow, VendorRow } from '#core/registrystore/port.ts'
import type { Secrets } from './secrets.ts'

const named = (r: { id: number; name: string; description: string; created_at: number; updated_at: number }) => ({
  id: r.id,
  name: r.name,
  description: r.description,
  revision: 1,
  createdAt: r.created_at,
  updatedAt: r.updated_at,
})

export const vendorOf = (s: Secrets, r: VendorRow): Vendor => ({ ...named(r), key: s.open('vendor.key', r.id, r.key_sealed) })

export const productOf = (s: Secrets, r: ProductRow): Product => ({
  ...named(r),
  vendorId: r.vendor_id,
  key: s.open('product.key', r.id, r.key_sealed),
  modelVersion: r.model_version,
  pins: [],
  registration: r.registration as RegistrationPolicy,
})

export const applicationOf = (s: Secrets, r: ApplicationRow): Application => ({
  ...named(r),
  key: s.open('application.key', r.id, r.key_sealed),
  domain: r.domain,
  reportUrl: r.report_url,
  reportToken: s.open('report.token', r.id, r.report_token_sealed),
  tags: r.tags.split(',').filter((t) => t !== '') as WebhookTag[],
  signingSecret: s.open('signing.secret', r.id, r.signing_secret_sealed),
  paused: r.paused !== 0,
  pausedAt: 0,
  keyRotatedAt: 0,
  secretRotatedAt: 0,
})

/** Shared by all who ask, so nobody may change it. */
export const deviceOf = (r: DeviceRow, product: Pick<Product, 'vendorId' | 'modelVersion'>): Device =>
  Object.freeze({
    id: r.id,
    productId: r.product_id,
    vendorId: product.vendorId,
    identifier: r.identifier,
    code: r.code,
    name: r.name,
    description: r.description,
    version: r.version,
    modelVersion: product.modelVersion,
    createdAt: r.created_at,
    updatedAt: r.updated_at,
  })

export const deadLetterOf = (r: DeadLetterRow): DeadLetter => ({
  id: r.id,
  applicationId: r.application_id,
  deviceId: r.device_id,
  messageId: r.message_id,
  body: r.body,
  tries: r.tries,
  lastError: r.last_error,
  failedAt: r.failed_at,
})
