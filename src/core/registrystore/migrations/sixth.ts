import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { addColumns, type ColumnTypes } from './build.ts'

/** What is begun once knows the call that began it, which may be repeated where its answer was lost. */
export async function attemptSchema(db: Kysely<Database>, t: ColumnTypes): Promise<void> {
  const added = { attempt: { type: t.exact(64), value: '' } }
  const by = ['actor', 'actor_name', 'addr', 'request_id']
  const deed = ['id', 'tenant_id', 'at', 'lease_until', ...by, 'action', 'object', 'asked_json']
  await addColumns(db, 'audit_intent', deed, 1, added)
  const request = ['id', 'tenant_id', 'hash', 'request_hash', 'state', 'lease_until', 'status', 'body_sealed', 'created_at']
  await addColumns(db, 'idempotency', request, 1, added)
}
