/** What steps of the schema are made of: no engine's own dialect. */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { crcOf } from '../rows.ts'
import type { Database } from '../schema.ts'

/** Column types of an engine. `exact` compares byte by byte, trailing blanks included. */
export interface ColumnTypes {
  /** 64 bits */
  integer: RawBuilder<unknown>
  /** up to n characters, may stand in an index */
  exact(n: number): RawBuilder<unknown>
  /** up to 64 KB */
  text: RawBuilder<unknown>
  /** up to 16 MB */
  long: RawBuilder<unknown>
}

type Columns = Record<string, RawBuilder<unknown>>

export async function createTable(
  db: Kysely<Database>,
  table: string,
  cols: Columns,
  key: string[],
  references: Record<string, string> = {},
) {
  const parts = Object.entries(cols).map(([name, type]) => sql`${sql.ref(name)} ${type} not null`)
  parts.push(sql`primary key (${sql.join(key.map((k) => sql.ref(k)))})`)
  for (const [column, other] of Object.entries(references)) {
    parts.push(sql`foreign key (${sql.ref(column)}) references ${sql.table(other)} (${sql.ref('id')})`)
  }
  await sql`create table ${sql.table(table)} (${sql.join(parts)})`.execute(db)
}

export async function createIndex(db: Kysely<Database>, unique: boolean, table: string, ...cols: string[]) {
  const name = sql.ref([table, ...cols].join('_'))
  const on = sql.join(cols.map((c) => sql.ref(c)))
  await sql`create ${sql.raw(unique ? 'unique index' : 'index')} ${name} on ${sql.table(table)} (${on})`.execute(db)
}

/** A column that rows get which are there already. */
export interface Addition {
  type: RawBuilder<unknown>
  value: string | number
}

const AT_ONCE = 500

/**
 * Adds columns at the end of a table and renews the checksums of its rows, which cover them from now on. `before`: the columns that
 * they covered, the first `keyLength` of which are the primary key. A row that was damaged stays damaged.
 */
export async function addColumns(
  db: Kysely<Database>,
  table: string,
  before: readonly string[],
  keyLength: number,
  added: Record<string, Addition>,
): Promise<void> {
  for (const [name, { type, value }] of Object.entries(added)) {
    await sql`alter table ${sql.table(table)} add column ${sql.ref(name)} ${type} not null default ${sql.lit(value)}`.execute(db)
  }
  const keys = before.slice(0, keyLength)
  const now = [...before, ...Object.keys(added)]
  for (let last: unknown[] | undefined, rows: Row[] | undefined; rows?.length !== 0; ) {
    rows = await page(db, table, keys, last)
    for (const row of rows) {
      last = keys.map((k) => row[k])
      if (crcOf(table, before, row) !== row['crc']) continue
      const place = sql.join(
        keys.map((k) => sql`${sql.ref(k)} = ${row[k]}`),
        sql` and `,
      )
      await sql`update ${sql.table(table)} set ${sql.ref('crc')} = ${crcOf(table, now, row)} where ${place}`.execute(db)
    }
  }
}

type Row = Record<string, unknown>

async function page(db: Kysely<Database>, table: string, keys: readonly string[], last: unknown[] | undefined): Promise<Row[]> {
  const order = sql.join(keys.map((k) => sql.ref(k)))
  const after = last === undefined ? sql`` : sql`where (${order}) > (${sql.join(last)})`
  return (await sql<Row>`select * from ${sql.table(table)} ${after} order by ${order} limit ${AT_ONCE}`.execute(db)).rows
}
