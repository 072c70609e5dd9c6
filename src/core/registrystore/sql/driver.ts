/** Kysely on a pool. */
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import type { Pool } from './pool.ts'
import type { Session } from './session.ts'

interface Connection extends DatabaseConnection {
  session: Session
}

const tell = async (c: DatabaseConnection, statement: string): Promise<void> => {
  await c.executeQuery(CompiledQuery.raw(statement))
}

export const poolDriver = (pool: Pool): Driver => ({
  init: async () => undefined,
  async acquireConnection(): Promise<Connection> {
    const session = await pool.acquire()
    return {
      session,
      executeQuery: <R>(q: CompiledQuery) => session.query(q.sql, q.parameters) as Promise<QueryResult<R>>,
      streamQuery: () => {
        throw new Error('the store reads in pages')
      },
    }
  },
  beginTransaction: (c) => tell(c, 'begin'),
  commitTransaction: (c) => tell(c, 'commit'),
  rollbackTransaction: (c) => tell(c, 'rollback'),
  releaseConnection: async (c) => pool.release((c as Connection).session),
  destroy: async () => pool.close(),
})
