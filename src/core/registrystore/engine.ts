import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { PandoError } from '#lib/errors.ts'
import type { Freezable } from '#lib/frozen.ts'
import type { ColumnTypes } from './migrations.ts'
import type { Database } from './schema.ts'

/** What differs between engines. Their transactions must be serializable: what was read in one is still so when it commits. */
export interface Engine extends Freezable {
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

const BUSY_MS = 5000
const BUSY_PAUSE_MS = 3

/** Waits for writers of other processes without blocking this one. */
export async function inTransaction<R>(engine: Engine, work: (trx: KyselyTransaction<Database>) => Promise<R>): Promise<R> {
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
