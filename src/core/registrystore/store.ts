/** The store on any engine that Kysely speaks to: checksums, batching, transactions, ids. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledQuery, Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { EngineHealth } from '#core/health.ts'
import { PandoError } from '#lib/errors.ts'
import { trackHealth } from './health.ts'
import { type ColumnTypes, type Migration, migrations } from './migrations.ts'
import type { Reads, Registrystore, Selection, Transaction } from './port.ts'
import { verified, withCrc } from './rows.ts'
import { COMMITS, type Column, type Database, type NewRow, SCHEMA_CRC, SCHEMA_VERSION, type Table } from './schema.ts'
import { makeStatements, pieces, type Statements } from './statements.ts'

/** What differs between engines. Their transactions must be serializable: what was read in one is still so when it commits. */
export interface Engine {
  db: Kysely<Database>
  types: ColumnTypes
  /** file or address, as it is named in errors */
  where: string
  /** a driver's error as a PandoError */
  failure(e: unknown): PandoError
  /** another writer holds the database: worth another try */
  isBusy(e: unknown): boolean
  changedElsewhere(): boolean
  /** told the number of each transaction after its commit */
  committed?(count: number): void
  /** a checksum of the schema, where its text may be damaged like any other */
  schemaCrc?(): string
  close(): Promise<void>
}

type Executor = Pick<Kysely<Database>, 'executeQuery'>
const CHANGES_AT_ONCE = 1000
const BUSY_MS = 5000
const BUSY_PAUSE_MS = 3

function makeReads(db: Executor, statements: Statements, where: string): Reads {
  const run = async <T extends Table>(table: T, query: CompiledQuery): Promise<Database[T][]> => {
    const { rows } = await db.executeQuery(query)
    for (const row of rows) verified(table, row, where)
    return rows as Database[T][]
  }
  return {
    async select<T extends Table>(table: T, s: Selection<T>) {
      const selection = s as Selection<Table>
      if (selection.in === undefined || selection.in.values.length <= 1) {
        return selection.in?.values.length === 0 ? [] : run(table, statements.select(table, selection))
      }
      const found: Database[T][] = []
      for (const values of pieces([...new Set(selection.in.values)], false)) {
        const query = statements.select(table, { ...selection, in: { column: selection.in.column, values } })
        found.push(...(await run(table, query)))
      }
      return found
    },
  }
}

function makeTransaction(db: Executor, statements: Statements, where: string) {
  const reads = makeReads(db, statements, where)
  let wrote = false
  const write = (query: CompiledQuery) => {
    wrote = true
    return db.executeQuery(query)
  }
  const tx: Transaction = {
    ...reads,
    async insert<T extends Table>(table: T, rows: readonly NewRow<T>[]) {
      for (const some of pieces(rows, true))
        await write(
          statements.insert(
            table,
            some.map((r) => withCrc(table, r)),
          ),
        )
    },
    async update<T extends Table>(table: T, rows: readonly NewRow<T>[]) {
      for (const row of rows) await write(statements.update(table, withCrc(table, row)))
    },
    async remove<T extends Table>(table: T, column: Column<T>, values: readonly (string | number)[]) {
      for (const some of pieces(values, false)) await write(statements.remove(table, column, some))
    },
    async next(name, n) {
      const [row] = await reads.select('sequence', { where: { name } })
      const first = row?.next ?? 1
      if (row) await tx.update('sequence', [{ name, next: first + n }])
      else await tx.insert('sequence', [{ name, next: first + n }])
      return first
    },
  }
  return { tx, wrote: () => wrote }
}

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

/** Waits for writers of other processes without blocking this one. */
async function inTransaction<R>(engine: Engine, work: (trx: KyselyTransaction<Database>) => Promise<R>): Promise<R> {
  const giveUp = performance.now() + BUSY_MS
  for (;;) {
    let begun = false
    const attempt = engine.db.transaction().execute((trx) => {
      begun = true
      return work(trx)
    })
    try {
      return await attempt
    } catch (e) {
      if (begun || !engine.isBusy(e) || performance.now() > giveUp) throw e
      await sleep(BUSY_PAUSE_MS)
    }
  }
}

export function makeStore(engine: Engine): Registrystore {
  const { db, where } = engine
  const statements = makeStatements(db)
  const reads = makeReads(db, statements, where)
  const health = trackHealth()
  const guarded = async <R>(work: () => Promise<R>): Promise<R> => {
    try {
      const result = await work()
      health.ok()
      return result
    } catch (e) {
      const error = e instanceof PandoError ? e : engine.failure(e)
      health.failed(error)
      throw error
    }
  }
  const select = <T extends Table>(table: T, s: Selection<T>) => guarded(() => reads.select(table, s))
  return {
    select,
    async transaction(work) {
      let count = 0
      const result = await guarded(() =>
        inTransaction(engine, async (trx) => {
          const { tx, wrote } = makeTransaction(trx, statements, where)
          const r = await work(tx)
          if (wrote()) count = await tx.next(COMMITS, 1)
          return r
        }),
      )
      if (count > 0) engine.committed?.(count)
      return result
    },
    changedElsewhere: engine.changedElsewhere,
    changes: (after) => select('registry_change', { after, limit: CHANGES_AT_ONCE }),
    health: (): EngineHealth => health.current(),
    close: engine.close,
  }
}
