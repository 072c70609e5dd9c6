/**
 * The tables of the registry: the row types, and the order of columns over which each row's `crc` is computed.
 * Numbers are integers (64 bits in the engines), times are ms since 1970, flags are 0 or 1. `*_sealed` columns hold
 * what only the master key opens, `*_hash` columns HMACs. Nothing is nullable: '' and 0 mean "none".
 */
interface Sealed {
  crc: number
}

export interface VendorRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  description: string
  key_hash: string
  key_sealed: string
  created_at: number
  updated_at: number
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
}

export interface ProductModelRow extends Sealed {
  product_id: number
  version: number
  tenant_id: number
  state: string
  config: string
  created_at: number
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

/** The next id of a table; `commit` counts the transactions that wrote something. */
export interface SequenceRow extends Sealed {
  name: string
  next: number
}

/** What was changed and by which process, so that the others drop it from their caches and ring their bells. */
export interface RegistryChangeRow extends Sealed {
  id: number
  tenant_id: number
  what: string
  what_id: number
  change: string
  origin: string
  at: number
}

/** Facts about the database itself: schema version and checksum, check values of the keys. */
export interface MetaRow extends Sealed {
  name: string
  value: string
}

export interface Database {
  vendor: VendorRow
  product: ProductRow
  product_model: ProductModelRow
  application: ApplicationRow
  device: DeviceRow
  device_credential: DeviceCredentialRow
  device_token: DeviceTokenRow
  dead_letter: DeadLetterRow
  sequence: SequenceRow
  registry_change: RegistryChangeRow
  meta: MetaRow
}

export type Table = keyof Database
export type Column<T extends Table> = keyof Database[T] & string
/** A row as it is written: the store adds the `crc`. */
export type NewRow<T extends Table> = Omit<Database[T], 'crc'>

const key = ['key_hash', 'key_sealed'] as const
const times = ['created_at', 'updated_at'] as const

/** The columns of each table in the order in which `crc` covers them; the first `keyLength` are the primary key. */
export const columns: { [T in Table]: readonly Exclude<Column<T>, 'crc'>[] } = {
  vendor: ['id', 'tenant_id', 'name', 'description', ...key, ...times],
  product: ['id', 'tenant_id', 'vendor_id', 'name', 'description', ...key, 'model_version', 'registration', ...times],
  product_model: ['product_id', 'version', 'tenant_id', 'state', 'config', 'created_at'],
  application: [
    ...(['id', 'tenant_id', 'name', 'description', ...key, 'domain', 'report_url', 'report_token_sealed'] as const),
    ...(['tags', 'signing_secret_sealed', 'paused', ...times] as const),
  ],
  device: ['id', 'tenant_id', 'product_id', 'identifier', 'code', 'name', 'description', 'version', ...times],
  device_credential: ['device_id', 'tenant_id', ...key, 'secret_sealed', 'logged_in_at', 'permit', 'created_at'],
  device_token: ['device_id', 'tenant_id', 'hash', 'replaced_hash', 'issued_at', 'expires_at'],
  dead_letter: ['id', 'tenant_id', 'application_id', 'device_id', 'message_id', 'body', 'tries', 'last_error', 'failed_at'],
  sequence: ['name', 'next'],
  registry_change: ['id', 'tenant_id', 'what', 'what_id', 'change', 'origin', 'at'],
  meta: ['name', 'value'],
}

export const keyLength = (table: Table): number => (table === 'product_model' ? 2 : 1)

/** `sequence` row that counts the transactions; `meta` rows of the store itself. */
export const COMMITS = 'commit'
export const SCHEMA_VERSION = 'schema_version'
export const SCHEMA_CRC = 'schema_crc'
