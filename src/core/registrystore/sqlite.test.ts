import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, test } from 'node:test'
import BetterSqlite3, { type Database as Handle } from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { isPandoError } from '#lib/errors.ts'
import { type ColumnTypes, migrations } from './migrations.ts'
import { openRegistrystore } from './open.ts'
import type { Registrystore } from './port.ts'
import type { Database } from './schema.ts'
import { openSqlite, sqlitePath } from './sqlite.ts'
import { registrystoreSuite } from './suite.ts'

const root = mkdtempSync(join(tmpdir(), 'pando-registrystore-'))
after(() => rmSync(root, { recursive: true, force: true }))
const dir = (name: string): string => mkdtempSync(join(root, name))
const open = (dataDir: string): Promise<Registrystore> => openRegistrystore('sqlite:', { dataDir })
const meta = (store: Registrystore, name: string, value = name) => store.transaction((tx) => tx.insert('meta', [{ name, value }]))
const names = async (store: Registrystore) => (await store.select('meta', {})).map((r) => r.name).filter((n) => n.startsWith('n'))

const shared = dir('suite')
registrystoreSuite('SQLite', () => open(shared))

describe('the SQLite file', () => {
  it('lies in the data directory unless the URL says where', () => {
    assert.equal(sqlitePath('sqlite:', '/d'), '/d/registry.db')
    assert.equal(sqlitePath('sqlite:other.db', '/d'), '/d/other.db')
    assert.equal(sqlitePath('sqlite:/x/y.db', '/d'), '/x/y.db')
    assert.equal(sqlitePath('sqlite:///x/y.db', '/d'), '/x/y.db')
  })

  it('refuses an engine that there is none of, naming those there are', async () => {
    for (const url of ['mango://x', 'constructor:', '__proto__:', 'sqlite', '']) {
      const named = (e: unknown) => isPandoError(e, 'config_invalid') && /sqlite:/.test(e.message)
      await assert.rejects(openRegistrystore(url, { dataDir: root }), named, url)
    }
  })

  it('can be read by its owner only (S-20)', async () => {
    const d = dir('mode')
    const store = await open(d)
    await meta(store, 'n')
    for (const f of readdirSync(d)) assert.equal(statSync(join(d, f)).mode & 0o077, 0, f)
    await store.close()
    assert.deepEqual(readdirSync(d).sort(), ['registry.db', 'registry.db-mark'])
  })

  it('tells writes of others from its own', async () => {
    const d = dir('news')
    const [store, other] = [await open(d), await open(d)]
    store.changedElsewhere()
    await meta(store, 'n1')
    assert.equal(store.changedElsewhere(), false)
    await meta(other, 'n2')
    assert.equal(store.changedElsewhere(), true)
    assert.equal(store.changedElsewhere(), false)
    await other.close()
    await store.close()
  })

  // REG-1
  it('F-01: a process that dies leaves all that was committed', async () => {
    const [d, copy] = [dir('kill'), dir('copy')]
    const store = await open(d)
    for (let i = 0; i < 20; i++) await meta(store, `n${i}`)
    cpSync(d, copy, { recursive: true })
    await store.close()
    const again = await open(copy)
    assert.equal((await names(again)).length, 20)
    await again.close()
  })

  it('says that the disk is full, keeps what it had, and goes on when there is space (F-11)', async () => {
    const d = dir('full')
    const store = await open(d)
    await meta(store, 'n1')
    let handle: Handle | undefined
    const other = await openSqlite('sqlite:', { dataDir: d }, { opened: (h) => (handle = h) })
    const pages = Number(handle!.pragma('page_count', { simple: true }))
    handle!.pragma(`max_page_count = ${pages}`)
    const full = (e: unknown) => isPandoError(e, 'disk_full') && e.message.includes(join(d, 'registry.db'))
    for (const _ of [1, 2]) await assert.rejects(meta(other, 'n2', 'x'.repeat(1e6)), full)
    assert.equal(other.health().state, 'degraded')
    assert.match(String(other.health().error), /registry\.db: no space left/)
    assert.deepEqual(await names(other), ['n1'])
    handle!.pragma('max_page_count = 1000000')
    await meta(other, 'n3', 'x'.repeat(1e6))
    assert.equal(other.health().state, 'ok')
    assert.deepEqual(await names(store), ['n1', 'n3'])
    await other.close()
    await store.close()
  })
})

describe('migrations', () => {
  const second = {
    name: 'test',
    up: async (db: Kysely<Database>, t: ColumnTypes) => {
      await sql`alter table vendor add column extra ${t.integer} not null default 0`.execute(db)
    },
  }
  const third = { name: 'failing', up: () => Promise.reject(new Error('half way')) }

  // REG-3
  it('F-20: lead from each earlier state to the same schema', async () => {
    const schemaOf = async (d: string, from: number): Promise<unknown> => {
      let handle: Handle | undefined
      const earlier = await openSqlite('sqlite:', { dataDir: d }, { migrations: migrations.slice(0, from) })
      await earlier.close()
      const now = await openSqlite('sqlite:', { dataDir: d }, { opened: (h) => (handle = h) })
      const schema = handle!.prepare('select type, name, sql from sqlite_master order by name').all()
      await now.close()
      return schema
    }
    const fresh = await schemaOf(dir('fresh'), migrations.length)
    for (let from = 1; from < migrations.length; from++) assert.deepEqual(await schemaOf(dir(`from${from}`), from), fresh)
  })

  it('F-20: add to what is there, and an older program refuses the result, saying which it needs', async () => {
    const d = dir('downgrade')
    const old = await open(d)
    await meta(old, 'n1')
    await old.close()
    const now = await openSqlite('sqlite:', { dataDir: d }, { migrations: [...migrations, second] })
    assert.deepEqual(await names(now), ['n1'])
    await now.close()
    const refused = (e: unknown) =>
      isPandoError(e, 'version_mismatch') &&
      e.message.includes(join(d, 'registry.db')) &&
      new RegExp(`newer version.*schema ${migrations.length + 1}.*up to ${migrations.length}`).test(e.message)
    await assert.rejects(open(d), refused)
    const again = await openSqlite('sqlite:', { dataDir: d }, { migrations: [...migrations, second] })
    assert.deepEqual(await names(again), ['n1'])
    await again.close()
  })

  // REG-3
  it('F-04: that fail leave the database as it was', async () => {
    const d = dir('failing')
    const old = await open(d)
    await meta(old, 'n1')
    await old.close()
    await assert.rejects(openSqlite('sqlite:', { dataDir: d }, { migrations: [...migrations, second, third] }))
    const again = await open(d)
    assert.deepEqual(await names(again), ['n1'])
    await again.close()
  })

  it('F-04: begun by two processes at once are made once', async () => {
    const d = dir('twice')
    const stores = await Promise.all([open(d), open(d), open(d)])
    await meta(stores[1], 'n1')
    for (const s of stores) assert.deepEqual(await names(s), ['n1'])
    for (const s of stores) await s.close()
  })
})

// F-04
test('a file that its process turned to write-ahead logging when it was killed is opened', async () => {
  const [before, after] = [dir('switch-'), dir('switched-')]
  const handle = new BetterSqlite3(join(before, 'registry.db'))
  handle.pragma('journal_mode = delete')
  handle.pragma('cache_size = 1')
  handle.exec('create table t (x); begin immediate')
  const insert = handle.prepare('insert into t values (zeroblob(10000))')
  for (let i = 0; i < 100; i++) insert.run()
  // what is on the disk in the middle of a transaction: part of it in the file, and the journal that takes it back
  cpSync(before, after, { recursive: true })
  handle.exec('rollback; drop table t')
  handle.close()
  assert.deepEqual(readdirSync(after).sort(), ['registry.db', 'registry.db-journal'])
  const reader = new BetterSqlite3(join(after, 'registry.db'), { readonly: true })
  assert.throws(() => reader.prepare('select count(*) from t').get(), /readonly/)
  reader.close()
  const store = await open(after)
  await store.close()
})
