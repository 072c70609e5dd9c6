import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { type ColumnTypes, createIndex, createTable } from './build.ts'

/** Alerts: all who look see the same, also after a restart. */
export async function alertSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = {
    id: t.integer,
    tenant_id: t.integer,
    slot: t.exact(300),
    code: t.exact(40),
    object: t.exact(200),
    severity: t.exact(16),
    params: t.text,
    since: t.integer,
    state: t.exact(16),
    acknowledged_by: t.exact(200),
    cleared_at: t.integer,
  }
  await createTable(db, 'alert', { ...row, crc: t.integer }, ['id'])
  await createIndex(db, true, 'alert', 'tenant_id', 'slot')
}
