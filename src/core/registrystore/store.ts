/** The store on any engine that Kysely speaks to. */
import type { EngineHealth } from '#core/health.ts'
import { PandoError } from '#lib/errors.ts'
import { makeReads, makeTransaction } from './access.ts'
import { type Engine, inTransaction } from './engine.ts'
import { trackHealth } from './health.ts'
import type { Registrystore, Selection } from './port.ts'
import { COMMITS, type Table } from './schema.ts'
import { makeStatements } from './statements.ts'

const CHANGES_AT_ONCE = 1000

export function makeStore(engine: Engine): Registrystore {
  const { db, where } = engine
  const statements = makeStatements(db)
  const reads = makeReads(db, statements, where)
  const health = trackHealth()
  const guarded = async <R>(work: () => Promise<R>): Promise<R> => {
    try {
      const result = await work()
      health.answered()
      return result
    } catch (e) {
      const error = e instanceof PandoError ? e : engine.failure(e)
      health.failed(error)
      throw error
    }
  }
  const select = <T extends Table>(table: T, s: Selection<T>) => guarded(() => reads.select(table, s))
  return {
    ...(engine.shared && { sharedAt: where }),
    select,
    async transaction(work) {
      let count = 0
      const inOne = () =>
        inTransaction(engine, async (trx) => {
          await engine.lock?.(trx)
          const { tx, wrote } = makeTransaction(trx, statements, where)
          const r = await work(tx)
          count = wrote() ? await tx.next(COMMITS, 1) : 0
          return r
        })
      const result = await guarded(() => (engine.inTurn ? engine.inTurn(inOne) : inOne()))
      if (count > 0) {
        health.wrote()
        engine.committed?.(count)
      }
      return result
    },
    changedElsewhere: engine.changedElsewhere,
    changes: (after) => select('registry_change', { after, limit: CHANGES_AT_ONCE }),
    health: (): EngineHealth => health.current(),
    close: engine.close,
    ...(engine.freeze && engine.thaw && { freeze: engine.freeze, thaw: engine.thaw }),
  }
}
