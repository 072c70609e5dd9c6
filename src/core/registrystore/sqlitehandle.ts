import type { Database as Handle } from 'better-sqlite3'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** What Kysely gets as its database: each statement is prepared once. */
export function cachedStatements(handle: Handle): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>()
  const own: Record<string, SqliteStatement> = {
    // `begin` alone would take the write lock at the first write and then fail if another process has written since the first read.
    begin: handle.prepare('begin immediate') as unknown as SqliteStatement,
    rollback: rollback(handle),
  }
  return {
    prepare(text) {
      let statement = own[text] ?? prepared.get(text)
      if (!statement) prepared.set(text, (statement = handle.prepare(text) as unknown as SqliteStatement))
      return statement
    },
    close: () => {
      handle.close()
    },
  }
}

/** SQLite has rolled back by itself after some errors (disk full); the error is then the one to tell, not that nothing is left to roll back. */
function rollback(handle: Handle): SqliteStatement {
  const statement = handle.prepare('rollback')
  const none = { changes: 0, lastInsertRowid: 0 }
  return {
    reader: false,
    all: () => [],
    run: () => (handle.inTransaction ? statement.run() : none),
    iterate: () => [][Symbol.iterator](),
  }
}
