import type { Kysely } from 'kysely'
import { PandoError } from '#lib/errors.ts'
import { makeReads, makeTransaction } from './access.ts'
import { type Engine, inTransaction } from './engine.ts'
import { type ColumnTypes, type Migration, migrations } from './migrations.ts'
import { COMMITS, columns, type Database, SCHEMA_CRC, SCHEMA_VERSION } from './schema.ts'
import { makeStatements } from './statements.ts'

/** What an engine must have so that its schema can be changed. */
export interface Changeable extends Engine {
  types: ColumnTypes
  /** the schema or database in which tables are meant to be; any when absent */
  place?: string
  /** DDL is no part of a transaction: a step that was begun by a start that was killed is gone through once more */
  ddlCommits?: boolean
  /** Waits until no other process changes this schema. */
  alone?(): Promise<void>
  /** a checksum of the schema, where its text may be damaged like any other */
  schemaCrc?(): string
}

/** Brings the schema up to date, in one transaction. Throws `version_mismatch` when the database is newer than this program. */
export async function migrate(engine: Changeable, list: readonly Migration[] = migrations): Promise<void> {
  if ((await schemaVersion(engine, engine.db)) === list.length) return
  await engine.alone?.()
  await inTransaction(engine, async (trx) => {
    const from = await schemaVersion(engine, trx)
    if (from > list.length) throw newer(engine.where, from, list.length)
    if (from === list.length) return
    for (const step of list.slice(from)) await step.up(trx, engine.types)
    const { tx } = makeTransaction(trx, makeStatements(trx), engine.where)
    await tx.remove('meta', 'name', [SCHEMA_VERSION, SCHEMA_CRC])
    if (from === 0) await tx.next(COMMITS, 1)
    const crc = engine.schemaCrc === undefined ? [] : [{ name: SCHEMA_CRC, value: engine.schemaCrc() }]
    await tx.insert('meta', [{ name: SCHEMA_VERSION, value: String(list.length) }, ...crc])
  })
}

const newer = (where: string, found: number, known: number): PandoError =>
  new PandoError(
    'version_mismatch',
    `${where} was written by a newer version of Pando (schema ${found}, this program knows up to ${known}): use that version, or restore a copy`,
    { where, found, known },
  )

async function schemaVersion({ where, place, ddlCommits }: Changeable, db: Kysely<Database>): Promise<number> {
  const all = await db.introspection.getTables()
  const tables = all.filter((t) => place === undefined || t.schema === place).map((t) => t.name)
  if (!tables.includes('meta')) {
    const foreign = tables.find((name) => Object.hasOwn(columns, name))
    if (foreign === undefined) return 0
    throw new PandoError(
      'config_invalid',
      `${where} has a table ${foreign} that is not ours: Pando needs a database of its own`,
      { where },
    )
  }
  const reads = makeReads(db, makeStatements(db), where)
  const [row] = await reads.select('meta', { where: { name: SCHEMA_VERSION } })
  if (row) return Number(row.value)
  if (ddlCommits) return 0
  throw new PandoError('store_damaged', `${where}: the schema version is missing`, { file: where })
}
