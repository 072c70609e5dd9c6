/** Vendors, products and their models, applications, devices with their credentials and tokens. */
import type { Sealed } from './sealed.ts'

export interface VendorRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  description: string
  key_hash: string
  key_sealed: string
  created_at: number
  updated_at: number
  revision: number
}

export interface ProductRow extends Sealed {
  id: number
  tenant_id: number
  vendor_id: number
  name: string
  description: string
  key_hash: string
  key_sealed: string
  /** the published version */
  model_version: number
  registration: string
  created_at: number
  updated_at: number
  revision: number
}

export interface ProductModelRow extends Sealed {
  product_id: number
  version: number
  tenant_id: number
  state: string
  config: string
  /** when it was published */
  created_at: number
  note: string
  published_by: string
}

export interface ApplicationRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  description: string
  key_hash: string
  key_sealed: string
  domain: string
  report_url: string
  report_token_sealed: string
  /** separated by commas */
  tags: string
  signing_secret_sealed: string
  paused: number
  created_at: number
  updated_at: number
  revision: number
  paused_at: number
  key_rotated_at: number
  secret_rotated_at: number
}

export interface DeviceRow extends Sealed {
  id: number
  tenant_id: number
  product_id: number
  identifier: string
  code: string
  name: string
  description: string
  version: string
  created_at: number
  updated_at: number
  revision: number
}

export interface DeviceCredentialRow extends Sealed {
  device_id: number
  tenant_id: number
  key_hash: string
  key_sealed: string
  secret_sealed: string
  /** the first login; 0 before it */
  logged_in_at: number
  /** 1: the secret may be given out once more although the device has logged in */
  permit: number
  created_at: number
}

/** One row a device: the token that is good for a new connection. */
export interface DeviceTokenRow extends Sealed {
  device_id: number
  tenant_id: number
  hash: string
  /** the token that the last login replaced */
  replaced_hash: string
  issued_at: number
  expires_at: number
}

export interface DeadLetterRow extends Sealed {
  id: number
  tenant_id: number
  application_id: number
  device_id: number
  message_id: string
  body: string
  tries: number
  last_error: string
  failed_at: number
}
