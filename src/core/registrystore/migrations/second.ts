import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { addColumns, type ColumnTypes, createIndex, createTable } from './build.ts'

/** What a management API needs. */
export async function managementSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  await revisions(db, t)
  await models(db, t)
  await devices(db, t)
  await people(db, t)
  await auditLog(db, t)
  await rules(db, t)
}

const key = ['key_hash', 'key_sealed']
const times = ['created_at', 'updated_at']

async function revisions(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const integer = { type: t.integer, value: 0 }
  const revision = { revision: { type: t.integer, value: 1 } }
  await addColumns(db, 'vendor', ['id', 'tenant_id', 'name', 'description', ...key, ...times], 1, revision)
  const product = ['id', 'tenant_id', 'vendor_id', 'name', 'description', ...key, 'model_version', 'registration', ...times]
  await addColumns(db, 'product', product, 1, revision)
  const model = ['product_id', 'version', 'tenant_id', 'state', 'config', 'created_at']
  const words = { note: { type: t.exact(1000), value: '' }, published_by: { type: t.exact(200), value: '' } }
  await addColumns(db, 'product_model', model, 2, words)
  const application = ['id', 'tenant_id', 'name', 'description', ...key, 'domain', 'report_url', 'report_token_sealed']
  const since = { paused_at: integer, key_rotated_at: integer, secret_rotated_at: integer }
  const state = ['tags', 'signing_secret_sealed', 'paused', ...times]
  await addColumns(db, 'application', [...application, ...state], 1, { ...revision, ...since })
  const device = ['id', 'tenant_id', 'product_id', 'identifier', 'code', 'name', 'description', 'version', ...times]
  await addColumns(db, 'device', device, 1, revision)
}

async function models(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const of = { product_id: 'product' }
  const draft = { product_id: t.integer, tenant_id: t.integer, config: t.long, based_on: t.integer, revision: t.integer }
  const edited = { updated_by: t.exact(200), updated_at: t.integer, crc: t.integer }
  await createTable(db, 'product_draft', { ...draft, ...edited }, ['product_id'], of)
  const pin = { product_id: t.integer, firmware: t.exact(200), tenant_id: t.integer, version: t.integer, crc: t.integer }
  await createTable(db, 'product_pin', pin, ['product_id', 'firmware'], of)
}

async function devices(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { tenant_id: t.integer }
  const crc = { crc: t.integer }
  const of = { device_id: 'device' }
  await createTable(db, 'device_tag', { device_id: t.integer, tag: t.exact(64), ...row, ...crc }, ['device_id', 'tag'], of)
  const group = { id: t.integer, ...row, name: t.exact(200), revision: t.integer, created_at: t.integer }
  await createTable(db, 'device_group', { ...group, ...crc }, ['id'])
  const member = { group_id: t.integer, device_id: t.integer, ...row, ...crc }
  await createTable(db, 'device_group_member', member, ['group_id', 'device_id'], { ...of, group_id: 'device_group' })
  await createIndex(db, false, 'device_group_member', 'device_id')
  const wish = { device_id: t.integer, object: t.exact(200), ...row, value: t.text, version: t.integer, at: t.integer }
  await createTable(db, 'desired', { ...wish, set_by: t.exact(200), ...crc }, ['device_id', 'object'], of)
  const head = { device_id: t.integer, ...row, version: t.integer, wanted: t.integer, ...crc }
  await createTable(db, 'desired_head', head, ['device_id'], of)
  const view = {
    id: t.integer,
    ...row,
    name: t.exact(200),
    filter: t.text,
    sort: t.text,
    shown: t.text,
    created_by: t.exact(200),
  }
  const stamps = { revision: t.integer, created_at: t.integer, updated_at: t.integer, ...crc }
  await createTable(db, 'saved_view', { ...view, ...stamps }, ['id'])
}

async function people(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { id: t.integer, tenant_id: t.integer }
  const crc = { crc: t.integer }
  const of = { user_id: 'user_account' }
  const user = { ...row, name: t.exact(200), name_folded: t.exact(200), password_hash: t.exact(200), role: t.exact(32) }
  const profile = { scope: t.exact(200), locale: t.exact(64), zone: t.exact(64), must_change: t.integer, last_seen: t.integer }
  const stamps = { revision: t.integer, created_at: t.integer, updated_at: t.integer }
  await createTable(db, 'user_account', { ...user, ...profile, ...stamps, ...crc }, ['id'])
  await createIndex(db, true, 'user_account', 'tenant_id', 'name_folded')
  const session = { ...row, user_id: t.integer, hash: t.exact(64), addr: t.exact(64), user_agent: t.exact(200) }
  await createTable(db, 'user_session', { ...session, created_at: t.integer, last_seen: t.integer, ...crc }, ['id'], of)
  await createIndex(db, true, 'user_session', 'hash')
  await createIndex(db, false, 'user_session', 'user_id', 'id')
  const token = { ...row, user_id: t.integer, name: t.exact(200), hash: t.exact(64), can: t.exact(1000), scope: t.exact(200) }
  const life = { created_at: t.integer, expires_at: t.integer, last_used: t.integer }
  await createTable(db, 'api_token', { ...token, ...life, ...crc }, ['id'], of)
  await createIndex(db, true, 'api_token', 'hash')
  await createIndex(db, false, 'api_token', 'user_id', 'id')
  const answer = { ...row, hash: t.exact(64), request_hash: t.exact(64), state: t.exact(16), lease_until: t.integer }
  const kept = { status: t.integer, body_sealed: t.long, created_at: t.integer }
  await createTable(db, 'idempotency', { ...answer, ...kept, ...crc }, ['id'])
  await createIndex(db, true, 'idempotency', 'hash')
}

async function auditLog(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const entry = { id: t.integer, tenant_id: t.integer, at: t.integer, actor: t.exact(200), actor_name: t.exact(200) }
  const request = { addr: t.exact(64), request_id: t.exact(100), action: t.exact(64), object: t.exact(200) }
  const what = { before_json: t.long, after_json: t.long, hash: t.exact(64), crc: t.integer }
  await createTable(db, 'audit', { ...entry, ...request, ...what }, ['id'])
  for (const column of ['actor', 'action', 'object']) await createIndex(db, false, 'audit', column, 'id')
  const head = { id: t.integer, tenant_id: t.integer, entries: t.integer, hash: t.exact(64), at: t.integer, mac: t.exact(64) }
  await createTable(db, 'audit_head', { ...head, crc: t.integer }, ['id'])
}

async function rules(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { tenant_id: t.integer }
  const crc = { crc: t.integer }
  const of = { rule_id: 'rule' }
  const rule = { id: t.integer, ...row, application_id: t.integer, device_id: t.integer, name: t.exact(200), enabled: t.integer }
  const meaning = { definition: t.long, old: t.long }
  const author = { created_by: t.exact(200), created_at: t.integer }
  const state = { version: t.integer, revision: t.integer, ...author, updated_at: t.integer }
  await createTable(db, 'rule', { ...rule, ...meaning, ...state, ...crc }, ['id'])
  await createIndex(db, false, 'rule', 'application_id', 'id')
  await createIndex(db, false, 'rule', 'device_id', 'id')
  const version = { rule_id: t.integer, version: t.integer, ...row, name: t.exact(200), ...meaning, ...author, ...crc }
  await createTable(db, 'rule_version', version, ['rule_id', 'version'], of)
  const run = {
    rule_id: t.integer,
    tick: t.integer,
    ...row,
    owner: t.exact(100),
    lease_until: t.integer,
    done: t.integer,
    ...crc,
  }
  await createTable(db, 'rule_run', run, ['rule_id', 'tick'], of)
  const ring = { rule_id: t.integer, slot: t.integer, ...row, n: t.integer, version: t.integer, at: t.integer }
  await createTable(db, 'rule_trace', { ...ring, outcome: t.exact(32), trace: t.text, ...crc }, ['rule_id', 'slot'], of)
}
