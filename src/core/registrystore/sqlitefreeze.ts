/** The database as it is now, for a copy: made by SQLite itself while others write. */
import { dirname, join } from 'node:path'
import BetterSqlite3, { type Database as Handle } from 'better-sqlite3'
import { type FrozenFile, freezer } from '#lib/frozen.ts'
import { openMark } from './mark.ts'
import { commitsIn } from './sqlitecheck.ts'

/** 4 KiB each; so many are copied before others have their turn. */
const PAGES = 256

const NAME = 'registry.db'

export async function freezeSqlite(handle: Handle, path: string, by: string): Promise<FrozenFile[]> {
  const f = freezer(dirname(path), by)
  const copy = join(f.folder, NAME)
  await handle.backup(copy, { progress: () => PAGES })
  const made = new BetterSqlite3(copy)
  try {
    // whole in one file: what it has committed needs no log beside it
    made.pragma('journal_mode = delete')
    openMark(`${copy}-mark`, commitsIn(made, copy)).close()
  } finally {
    made.close()
  }
  f.add(NAME)
  f.add(`${NAME}-mark`)
  return f.files
}
