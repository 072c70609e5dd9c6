/** The embedded engine: one SQLite file in the data directory, `registry.db`, beside it `registry.db-wal` and `registry.db-mark`. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import BetterSqlite3, { type Database as Handle } from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import type { EngineOptions } from '#core/engines.ts'
import { isPandoError } from '#lib/errors.ts'
import { removeFrozen, thawed } from '#lib/frozen.ts'
import type { Engine } from './engine.ts'
import { openMark, readMark } from './mark.ts'
import { migrate } from './migrate.ts'
import type { ColumnTypes, Migration } from './migrations.ts'
import type { Registrystore } from './port.ts'
import type { Database } from './schema.ts'
import { checkFile, damaged, schemaCrc } from './sqlitecheck.ts'
import { isBusy, sqliteFailure } from './sqlitefailure.ts'
import { freezeSqlite } from './sqlitefreeze.ts'
import { cachedStatements } from './sqlitehandle.ts'
import { makeStore } from './store.ts'

const integer = sql`integer`
const text = sql`text`
const types: ColumnTypes = { integer, text, long: text, exact: () => text }

/** `sqlite:` = registry.db of the data directory; `sqlite:<path>`, relative to it. */
export const sqlitePath = (url: string, dataDir: string): string =>
  resolve(dataDir, url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '') || 'registry.db')

function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

function openHandle(path: string): Handle {
  const handle = new BetterSqlite3(path, { timeout: 1000 })
  try {
    const mode = handle.pragma('journal_mode = wal', { simple: true })
    if (mode !== 'wal') throw damaged(path, `cannot be switched to write-ahead logging (it says ${String(mode)})`)
    handle.pragma('synchronous = full')
    handle.pragma('foreign_keys = on')
    handle.pragma('cell_size_check = on')
    // waiting here would block the process; the store waits instead
    handle.pragma('busy_timeout = 10')
    return handle
  } catch (e) {
    handle.close()
    throw e
  }
}

/** For tests: other migrations; the handle, to set limits. */
interface Inside {
  migrations?: readonly Migration[]
  opened?: (handle: Handle) => void
}

/** → the store, checked and migrated. Throws `store_damaged`, `version_mismatch`, `disk_full`, `unavailable`. */
export async function openSqlite(url: string, o: EngineOptions, inside: Inside = {}): Promise<Registrystore> {
  const path = sqlitePath(url, o.dataDir ?? '.')
  const markPath = `${path}-mark`
  try {
    prepareFile(path)
    removeFrozen(dirname(path))
    if (readMark(markPath).damaged) o.log?.warn({ file: markPath }, 'the file was damaged and is written anew')
    return await openFile(path, markPath, checkFile(path, markPath), inside)
  } catch (e) {
    throw isPandoError(e) ? e : sqliteFailure(e, path)
  }
}

async function openFile(path: string, markPath: string, commits: number, inside: Inside): Promise<Registrystore> {
  const handle = openHandle(path)
  inside.opened?.(handle)
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: cachedStatements(handle) }) })
  const version = handle.prepare('pragma data_version').pluck()
  let seenVersion = version.get()
  const mark = openMark(markPath, commits)
  const engine: Engine = {
    db,
    where: path,
    failure: (e) => sqliteFailure(e, path),
    mayRepeat: (e, stage) => stage === 'beginning' && isBusy(e),
    changedElsewhere: () => seenVersion !== (seenVersion = version.get()),
    committed: mark.write,
    freeze: (by) => freezeSqlite(handle, path, by),
    thaw: async (by) => thawed(dirname(path), by),
    async close() {
      if (!handle.open) return
      handle.close()
      mark.close()
      await db.destroy()
    },
  }
  try {
    await migrate({ ...engine, types, schemaCrc: () => schemaCrc(handle) }, inside.migrations)
    return makeStore(engine)
  } catch (e) {
    await engine.close()
    throw e
  }
}
