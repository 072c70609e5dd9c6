/** The schema, as numbered steps. A step that was released is never changed. */
import type { Kysely } from 'kysely'
import type { ColumnTypes } from './migrations/build.ts'
import { intentSchema } from './migrations/fifth.ts'
import { firstSchema } from './migrations/first.ts'
import { alertSchema } from './migrations/fourth.ts'
import { managementSchema } from './migrations/second.ts'
import { attemptSchema } from './migrations/sixth.ts'
import { accessSchema } from './migrations/third.ts'
import type { Database } from './schema.ts'

export type { ColumnTypes } from './migrations/build.ts'

export interface Migration {
  name: string
  up(db: Kysely<Database>, t: ColumnTypes): Promise<void>
}

export const migrations: readonly Migration[] = [
  { name: 'first schema', up: firstSchema },
  { name: 'management: people, audit, rules, drafts, wishes, revisions', up: managementSchema },
  { name: 'addresses that are shut out', up: accessSchema },
  { name: 'alerts', up: alertSchema },
  { name: 'deeds that are under way', up: intentSchema },
  { name: 'calls that are repeated', up: attemptSchema },
]
