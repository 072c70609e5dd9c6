import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { PandoError } from '#lib/errors.ts'
import type { Freezable } from '#lib/frozen.ts'
import type { Database } from './schema.ts'

/** How far a transaction has come. */
export type Stage = 'beginning' | 'working' | 'ending'

/** What differs between engines. Their transactions must be serializable: what was read in one is still so when it commits. */
export interface Engine extends Freezable {
  db: Kysely<Database>
  /** file or address, as it is named in errors */
  where: string
  /** a driver's error as a PandoError */
  failure(e: unknown): PandoError
  /** A transaction that failed in this stage has left nothing behind and is worth another try from its beginning. */
  mayRepeat(e: unknown, stage: Stage): boolean
  changedElsewhere(): boolean
  /** other machines may have it open too */
  shared?: boolean
  /** Transactions of this process wait here for one another. */
  inTurn?<R>(work: () => Promise<R>): Promise<R>
  /** Called first in a transaction: waits for those of other processes. */
  lock?(trx: Kysely<Database>): Promise<void>
  /** told the number of each transaction after its commit */
  committed?(count: number): void
  close(): Promise<void>
}

const REPEAT_MS = 5000
const PAUSE_MS = 3

export async function inTransaction<R>(engine: Engine, work: (trx: KyselyTransaction<Database>) => Promise<R>): Promise<R> {
  const giveUp = performance.now() + REPEAT_MS
  for (;;) {
    let stage: Stage = 'beginning'
    const attempt = engine.db.transaction().execute(async (trx) => {
      stage = 'working'
      const result = await work(trx)
      stage = 'ending'
      return result
    })
    try {
      return await attempt
    } catch (e) {
      if (!engine.mayRepeat(e, stage) || performance.now() > giveUp) throw e
      await sleep(PAUSE_MS)
    }
  }
}
