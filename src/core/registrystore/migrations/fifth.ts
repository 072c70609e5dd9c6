import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { type ColumnTypes, createTable } from './build.ts'

/** Deeds of people that are under way elsewhere than in the registry. */
export async function intentSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { id: t.integer, tenant_id: t.integer, at: t.integer, lease_until: t.integer }
  const by = { actor: t.exact(200), actor_name: t.exact(200), addr: t.exact(64), request_id: t.exact(100) }
  const deed = { action: t.exact(64), object: t.exact(200), asked_json: t.long }
  await createTable(db, 'audit_intent', { ...row, ...by, ...deed, crc: t.integer }, ['id'])
}
