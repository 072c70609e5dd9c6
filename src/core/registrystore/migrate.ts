import type { Kysely } from 'kysely'
import { PandoError } from '#lib/errors.ts'
import { makeReads, makeTransaction } from './access.ts'
import { type Engine, inTransaction } from './engine.ts'
import { type Migration, migrations } from './migrations.ts'
import type { Reads } from './port.ts'
import { type Database, SCHEMA_CRC, SCHEMA_VERSION } from './schema.ts'
import { makeStatements } from './statements.ts'

/** Brings the schema up to date, in one transaction. Throws `version_mismatch` when the database is newer than this program. */
export async function migrate(engine: Engine, list: readonly Migration[] = migrations): Promise<void> {
  const version = (db: Kysely<Database>) => schemaVersion(db, makeReads(db, makeStatements(db), engine.where), engine.where)
  if ((await version(engine.db)) === list.length) return
  await inTransaction(engine, async (trx) => {
    const from = await version(trx)
    if (from > list.length) throw newer(engine.where, from, list.length)
    if (from === list.length) return
    for (const step of list.slice(from)) await step.up(trx, engine.types)
    const { tx } = makeTransaction(trx, makeStatements(trx), engine.where)
    await tx.remove('meta', 'name', [SCHEMA_VERSION, SCHEMA_CRC])
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

async function schemaVersion(db: Kysely<Database>, reads: Reads, where: string): Promise<number> {
  const tables = await db.introspection.getTables()
  if (!tables.some((t) => t.name === 'meta')) return 0
  const [row] = await reads.select('meta', { where: { name: SCHEMA_VERSION } })
  if (!row) throw new PandoError('store_damaged', `${where}: the schema version is missing`, { file: where })
  return Number(row.value)
}
