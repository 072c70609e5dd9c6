import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { type ColumnTypes, createIndex, createTable } from './build.ts'

/** Addresses that are shut out for a time. */
export async function accessSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const row = { id: t.integer, tenant_id: t.integer, host: t.exact(64), until: t.integer, set_by: t.exact(200), at: t.integer }
  await createTable(db, 'address_block', { ...row, crc: t.integer }, ['id'])
  await createIndex(db, true, 'address_block', 'tenant_id', 'host')
}
