/** The registry store on MySQL (MariaDB) and PostgreSQL, on real servers. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { type OwnDatabase, onDatabase, ownDatabase, type SqlName, sqlNames, tell } from '../../../../test/support/databases.ts'
import { onEngine } from '../../../../test/support/engines.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { migrations } from '../migrations.ts'
import { openRegistrystore } from '../open.ts'
import type { Registrystore } from '../port.ts'
import { registrystoreSuite } from '../suite.ts'
import { openMysql } from './mysql.ts'
import { openPostgres } from './postgres.ts'

const openers = { mysql: openMysql, postgres: openPostgres }
const open = (url: string): Promise<Registrystore> => openRegistrystore(url, {})
const meta = (store: Registrystore, name: string) => store.transaction((tx) => tx.insert('meta', [{ name, value: name }]))

for (const name of sqlNames) {
  onEngine(name, (server) => {
    describe(`on ${name}`, () => {
      let own: OwnDatabase
      before(async () => {
        own = await ownDatabase(server)
      })
      after(() => own.drop())
      registrystoreSuite(name, () => open(own.url))
    })
    describe(`a start on ${name}`, () => starts(server))
    describe(`the schema on ${name}`, () => schemas(name, server))
    describe(`transactions on ${name}`, () => transactions(name, server))
  })
}

// ENG-17
function starts(server: string): void {
  const refused = async (url: string, code: 'config_invalid' | 'unavailable', text: RegExp) => {
    const clean = (e: unknown) =>
      isPandoError(e, code) && text.test(e.message) && !/secret-of/.test(e.message + JSON.stringify(e.params))
    await assert.rejects(open(url), clean, url)
  }
  const withUser = (user: string, password: string) => {
    const at = new URL(server)
    at.username = user
    at.password = password
    return at.href
  }

  it('is refused where the URL is wrong, naming what is', async () => {
    const at = new URL(server)
    await refused(onDatabase(server, ''), 'config_invalid', /names no database/)
    await refused(`${server}?pools=3`, 'config_invalid', /no parameter pools; possible: .*pool \(/)
    await refused(`${server}?timeout=soon`, 'config_invalid', /timeout is a number/)
    await refused(`${server}?ca=/nowhere/ca.pem`, 'config_invalid', /cannot read \/nowhere\/ca\.pem/)
    await refused(
      onDatabase(server, 'nowhere_at_all'),
      'config_invalid',
      new RegExp(`${at.host}/nowhere_at_all: .*nowhere_at_all`),
    )
    await refused(withUser('nobody', 'secret-of-nobody'), 'config_invalid', new RegExp(`${at.host}/.*nobody`))
  })

  it('that reaches nobody says whom it tried', async () => {
    const at = new URL(server)
    at.port = '1'
    at.password = 'secret-of-somebody'
    await refused(at.href, 'unavailable', /127\.0\.0\.1:1\/.*ECONNREFUSED/)
  })

  it('tries each host of the URL', async () => {
    const own = await ownDatabase(server)
    const store = await open(own.url.replace(/127\.0\.0\.1:(\d+)/, '127.0.0.1:1,127.0.0.1:$1'))
    await meta(store, 'n')
    await store.close()
    await own.drop()
  })

  it('is refused where the clocks differ by more than a minute', async () => {
    for (const ms of [70_000, -70_000]) {
      const clock = testClock()
      clock.set(Date.now() + ms)
      const words = ms > 0 ? /(69|70) s ahead of/ : /(70|71) s behind/
      await assert.rejects(
        openRegistrystore(server, { clock }),
        (e) => isPandoError(e, 'config_invalid') && words.test(e.message),
      )
    }
  })

  it('is refused where tables of others are', async () => {
    const own = await ownDatabase(server)
    await tell(own.url, 'create table device (id int)')
    await assert.rejects(
      open(own.url),
      (e) => isPandoError(e, 'config_invalid') && /table device that is not ours/.test(e.message),
    )
    await own.drop()
  })
}

/** Columns and indexes of all tables, as text. */
async function schemaOf(url: string): Promise<string> {
  const mine = url.startsWith('mysql:') ? 'database()' : 'current_schema()'
  const columns = await tell(
    url,
    `select table_name as t, column_name as c, data_type as d, character_maximum_length as n, is_nullable as i, collation_name as o
      from information_schema.columns where table_schema = ${mine} order by 1, 2`,
  )
  const indexes = await tell(
    url,
    url.startsWith('mysql:')
      ? `select table_name as t, index_name as n, seq_in_index as s, column_name as c, non_unique as u from information_schema.statistics
          where table_schema = ${mine} order by 1, 2, 3`
      : `select indexdef from pg_indexes where schemaname = ${mine} order by 1`,
  )
  return JSON.stringify([columns, indexes])
}

function schemas(name: SqlName, server: string): void {
  const openWith = openers[name]

  // REG-3
  it('F-20: is the same from each earlier state', async () => {
    const found: string[] = []
    for (let from = 1; from <= migrations.length; from++) {
      const own = await ownDatabase(server)
      await (await openWith(own.url, {}, migrations.slice(0, from))).close()
      await (await open(own.url)).close()
      found.push(await schemaOf(own.url))
      await own.drop()
    }
    assert.equal(new Set(found).size, 1)
  })

  // REG-3
  it('F-04: begun by several processes at once is made once, and a newer one is refused', async () => {
    const own = await ownDatabase(server)
    const stores = await Promise.all([open(own.url), open(own.url), open(own.url)])
    await meta(stores[1], 'n1')
    for (const s of stores) assert.equal((await s.select('meta', { where: { name: 'n1' } })).length, 1)
    for (const s of stores) await s.close()
    const next = { name: 'test', up: async () => undefined }
    await (await openWith(own.url, {}, [...migrations, next])).close()
    const newer = (e: unknown) => isPandoError(e, 'version_mismatch') && /newer version/.test(e.message)
    await assert.rejects(open(own.url), newer)
    await own.drop()
  })

  // REG-3
  it('F-04: is finished by the next start where one was killed half-way', async () => {
    const [whole, half] = [await ownDatabase(server), await ownDatabase(server)]
    await (await open(whole.url)).close()
    const broken = (steps: typeof migrations) => [
      ...steps.slice(0, -1),
      {
        name: 'killed',
        up: async (...[db, t]: Parameters<(typeof migrations)[number]['up']>) => {
          await steps.at(-1)!.up(db, t)
          throw new Error('killed')
        },
      },
    ]
    for (let n = 1; n <= migrations.length; n++) await assert.rejects(openWith(half.url, {}, broken(migrations.slice(0, n))))
    await (await open(half.url)).close()
    assert.equal(await schemaOf(half.url), await schemaOf(whole.url))
    await whole.drop()
    await half.drop()
  })
}

// ENG-13
function transactions(name: SqlName, server: string): void {
  let own: OwnDatabase
  let store: Registrystore
  before(async () => {
    own = await ownDatabase(server)
    store = await open(own.url)
  })
  after(async () => {
    await store.close()
    await own.drop()
  })

  it('that the database undid, or whose connection was cut, are done once more from their beginning', async () => {
    let tries = 0
    const undone = Object.assign(new Error('undone'), { code: name === 'mysql' ? 'ER_LOCK_DEADLOCK' : '40001' })
    const id = await store.transaction(async (tx) => {
      const first = await tx.next('thing', 1)
      tries++
      if (tries === 1) throw undone
      if (tries === 2) await cutAll(own.url)
      await tx.insert('meta', [{ name: `n${tries}`, value: '' }])
      return first
    })
    assert.equal(tries, 3)
    assert.equal(id, 1)
    assert.deepEqual(
      (await store.select('meta', {})).map((r) => r.name).filter((n) => n.startsWith('n')),
      ['n3'],
    )
    assert.equal(store.health().state, 'ok')
  })

  it('wait for one of another process no longer than a statement may take, then say so; reads go on', async () => {
    const impatient = await open(`${own.url}?timeout=2500`)
    let finish = () => {}
    const holding = new Promise<void>((done) => (finish = done))
    let held = () => {}
    const begun = new Promise<void>((done) => (held = done))
    const long = store.transaction(async (tx) => {
      await tx.insert('meta', [{ name: 'long', value: '' }])
      held()
      await holding
    })
    await begun
    const busy = (e: unknown) => isPandoError(e, 'unavailable') && /another process has been writing for too long/.test(e.message)
    await assert.rejects(meta(impatient, 'late'), busy)
    assert.equal((await impatient.select('meta', { where: { name: 'long' } })).length, 0)
    finish()
    await long
    await meta(impatient, 'late')
    await impatient.close()
  })
}

/** Ends all other connections to the database of this URL. */
async function cutAll(url: string): Promise<void> {
  if (url.startsWith('postgres:')) {
    await tell(
      url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    return
  }
  const others = (await tell(
    url,
    'select id from information_schema.processlist where db = database() and id <> connection_id()',
  )) as {
    id: number
  }[]
  for (const { id } of others) await tell(url, `kill ${id}`)
}
