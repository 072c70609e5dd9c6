import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { type ColumnTypes, createIndex, createTable } from './build.ts'

/** Vendors, products, models, applications, devices, credentials, tokens, dead letters. */
export async function firstSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { tenant_id: t.integer }
  const crc = { crc: t.integer }
  const named = { name: t.exact(200), description: t.text }
  const key = { key_hash: t.exact(64), key_sealed: t.text }
  const times = { created_at: t.integer, updated_at: t.integer }

  await createTable(db, 'meta', { name: t.exact(64), value: t.text, ...crc }, ['name'])
  await createTable(db, 'sequence', { name: t.exact(64), next: t.integer, ...crc }, ['name'])
  await createTable(db, 'vendor', { id: t.integer, ...row, ...named, ...key, ...times, ...crc }, ['id'])
  const product = { id: t.integer, ...row, vendor_id: t.integer, ...named, ...key }
  const published = { model_version: t.integer, registration: t.exact(16) }
  await createTable(db, 'product', { ...product, ...published, ...times, ...crc }, ['id'], { vendor_id: 'vendor' })
  await createIndex(db, false, 'product', 'vendor_id', 'id')
  const model = { product_id: t.integer, version: t.integer, ...row, state: t.exact(16), config: t.long, created_at: t.integer }
  await createTable(db, 'product_model', { ...model, ...crc }, ['product_id', 'version'], { product_id: 'product' })
  const report = { report_url: t.text, report_token_sealed: t.text, tags: t.text, signing_secret_sealed: t.text }
  const application = { id: t.integer, ...row, ...named, ...key, domain: t.exact(200), ...report, paused: t.integer }
  await createTable(db, 'application', { ...application, ...times, ...crc }, ['id'])

  const device = { id: t.integer, ...row, product_id: t.integer, identifier: t.exact(200), code: t.exact(200) }
  await createTable(db, 'device', { ...device, ...named, version: t.text, ...times, ...crc }, ['id'], { product_id: 'product' })
  await createIndex(db, true, 'device', 'tenant_id', 'identifier')
  await createIndex(db, false, 'device', 'product_id', 'id')
  const credential = { device_id: t.integer, ...row, ...key, secret_sealed: t.text, logged_in_at: t.integer, permit: t.integer }
  const ofDevice = { device_id: 'device' }
  await createTable(db, 'device_credential', { ...credential, created_at: t.integer, ...crc }, ['device_id'], ofDevice)
  const token = { device_id: t.integer, ...row, hash: t.exact(64), replaced_hash: t.exact(64) }
  await createTable(
    db,
    'device_token',
    { ...token, issued_at: t.integer, expires_at: t.integer, ...crc },
    ['device_id'],
    ofDevice,
  )
  await createIndex(db, true, 'device_token', 'hash')

  const letter = { id: t.integer, ...row, application_id: t.integer, device_id: t.integer, message_id: t.exact(64), body: t.long }
  const failure = { tries: t.integer, last_error: t.text, failed_at: t.integer }
  await createTable(db, 'dead_letter', { ...letter, ...failure, ...crc }, ['id'], { application_id: 'application' })
  await createIndex(db, true, 'dead_letter', 'application_id', 'message_id')
  await createIndex(db, false, 'dead_letter', 'device_id')
  const change = { id: t.integer, ...row, what: t.exact(16), what_id: t.integer, change: t.exact(16), origin: t.exact(64) }
  await createTable(db, 'registry_change', { ...change, at: t.integer, ...crc }, ['id'])
}
