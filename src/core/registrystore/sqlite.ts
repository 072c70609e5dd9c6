/** The embedded engine: one SQLite file in the data directory, `registry.db`, beside it `registry.db-wal` and `registry.db-mark`. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import BetterSqlite3, { type Database as Handle } from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { openMark, readMark } from './mark.ts'
import type { ColumnTypes, Migration } from './migrations.ts'
import type { OpenOptions } from './open.ts'
import type { Registrystore } from './port.ts'
import type { Database } from './schema.ts'
import { sqliteFailure } from './sqlitefailure.ts'
import { cachedStatements } from './sqlitehandle.ts'
import { commits, type Engine, makeStore, migrate } from './store.ts'

/** How long a writer waits for one of another process. It blocks this process, so it is short. */
const BUSY_MS = 2000

const integer = sql`integer`
const text = sql`text`
const types: ColumnTypes = { integer, text, long: text, exact: () => text }

/** `sqlite:` = registry.db of the data directory; `sqlite:<path>`, relative to it. */
export const sqlitePath = (url: string, dataDir: string): string =>
  resolve(dataDir, url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '') || 'registry.db')

function prepareFile(path: string, markPath: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const { count } = readMark(markPath)
  if (count > 0 && (!existsSync(path) || statSync(path).size === 0)) {
    throw damaged(
      path,
      `is gone or empty, but ${markPath} counts ${count} transactions; put it back, or remove both to start anew`,
    )
  }
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

const damaged = (path: string, what: string): PandoError => new PandoError('store_damaged', `${path} ${what}`, { file: path })

function openHandle(path: string): Handle {
  const handle = new BetterSqlite3(path, { timeout: BUSY_MS })
  try {
    const mode = handle.pragma('journal_mode = wal', { simple: true })
    if (mode !== 'wal') throw damaged(path, `cannot be switched to write-ahead logging (it says ${String(mode)})`)
    handle.pragma('synchronous = full')
    handle.pragma('foreign_keys = on')
    handle.pragma('cell_size_check = on')
    checkStructure(handle, path)
    return handle
  } catch (e) {
    handle.close()
    throw e
  }
}

/** About 0.2 s for 100 000 devices; it also finds indexes that don't agree with their table, which no row's checksum would. */
function checkStructure(handle: Handle, path: string): void {
  const found = handle.pragma('integrity_check(1)', { simple: true })
  if (found !== 'ok') throw damaged(path, `is damaged: ${String(found).replaceAll('\n', ' ')}`)
}

/** The text of the schema itself has no row checksum: kept in `meta`. */
function schemaCrc(handle: Handle): string {
  const rows = handle.prepare('select type, name, tbl_name, sql from sqlite_master order by name').raw().all()
  return String(crc32(JSON.stringify(rows)))
}

async function checkSchema(handle: Handle, engine: Engine, changed: boolean): Promise<void> {
  const store = makeStore(engine)
  const [row] = await store.select('meta', { where: { name: 'schema_crc' } })
  const crc = schemaCrc(handle)
  if (row?.value === crc) return
  if (row && !changed) throw damaged(engine.where, 'is damaged: its schema is not the one that was written')
  const now = { name: 'schema_crc', value: crc }
  await store.transaction((tx) => (row ? tx.update('meta', [now]) : tx.insert('meta', [now])))
}

async function checkCommits(engine: Engine, markPath: string): Promise<number> {
  const counted = readMark(markPath).count
  const seen = await commits(engine)
  if (seen >= counted) return seen
  throw damaged(
    `${engine.where}-wal`,
    `or ${engine.where} is damaged: ${counted} transactions were acknowledged, ${seen} are there; restore a copy, or remove ${markPath} to go on without the rest`,
  )
}

/** → the store, migrated. Throws `store_damaged`, `version_mismatch`, `disk_full`, `unavailable`. */
export async function openSqlite(url: string, o: OpenOptions, list?: readonly Migration[]): Promise<Registrystore> {
  const path = sqlitePath(url, o.dataDir)
  const markPath = `${path}-mark`
  try {
    prepareFile(path, markPath)
    if (readMark(markPath).damaged) o.log?.warn({ file: markPath }, 'the file was damaged and is written anew')
    return await openFile(path, markPath, list)
  } catch (e) {
    throw isPandoError(e) ? e : sqliteFailure(e, path)
  }
}

async function openFile(path: string, markPath: string, list?: readonly Migration[]): Promise<Registrystore> {
  const handle = openHandle(path)
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: cachedStatements(handle) }) })
  const version = handle.prepare('pragma data_version').pluck()
  let seenVersion = version.get()
  let mark: ReturnType<typeof openMark> | undefined
  const engine: Engine = {
    db,
    types,
    where: path,
    failure: (e) => sqliteFailure(e, path),
    changedElsewhere: () => seenVersion !== (seenVersion = version.get()),
    committed: (count) => mark?.write(count),
    async close() {
      await db.destroy()
      mark?.close()
    },
  }
  try {
    const before = schemaCrc(handle)
    const seen = handle.prepare("select 1 from sqlite_master where name = 'sequence'").get()
      ? await checkCommits(engine, markPath)
      : 0
    await migrate(engine, list)
    mark = openMark(markPath, seen)
    await checkSchema(handle, engine, before !== schemaCrc(handle))
    return makeStore(engine)
  } catch (e) {
    await db.destroy().catch(() => undefined)
    if (handle.open) handle.close()
    mark?.close()
    throw e
  }
}
