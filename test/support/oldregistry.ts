/** A registry as an earlier program left it: test/vectors/registry-schema-1.json, written with the keys of registry.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import type { Application, Device, Product, Vendor } from '#contracts/registry.ts'

interface OldRegistry {
  schema: string[]
  rows: Record<string, Record<string, string | number>[]>
  vendor: Vendor
  product: Product
  application: Application
  devices: (Pick<Device, 'id' | 'identifier'> & { secret: string; key: string; token: string })[]
}

export const oldRegistry = (): OldRegistry => JSON.parse(readFileSync('test/vectors/registry-schema-1.json', 'utf8'))

/** Writes it as registry.db into `dir`. */
export function writeOldRegistry(dir: string, { schema, rows }: OldRegistry = oldRegistry()): void {
  const db = new BetterSqlite3(join(dir, 'registry.db'))
  db.pragma('foreign_keys = off')
  for (const statement of [...schema].sort(
    (a, b) => Number(/index/i.test(a.slice(0, 20))) - Number(/index/i.test(b.slice(0, 20))),
  ))
    db.exec(statement)
  for (const [table, list] of Object.entries(rows)) {
    for (const row of list) {
      const names = Object.keys(row)
      db.prepare(`insert into ${table} (${names.join(',')}) values (${names.map(() => '?').join(',')})`).run(
        ...Object.values(row),
      )
    }
  }
  db.close()
}
