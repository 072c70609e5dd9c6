import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import BetterSqlite3 from 'better-sqlite3'
import fc from 'fast-check'
import type { AuditEntry } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import {
  AES_KEY,
  CONFIG,
  furnish,
  MASTER_KEY,
  type Registry,
  removeDir,
  startRegistry,
  tempDir,
} from '../../../../test/support/registry.ts'
import { until } from '../../../../test/world/wait.ts'
import { canonical } from './chain.ts'

const by = { actor: 'user/1', actorName: 'admin', addr: '192.0.2.7', requestId: 'req-1' }
const columns: Record<string, string[]> = {
  audit: [
    ...['id', 'tenant_id', 'at', 'actor', 'actor_name', 'addr', 'request_id', 'action', 'object'],
    ...['before_json', 'after_json', 'hash'],
  ],
  audit_head: ['id', 'tenant_id', 'entries', 'hash', 'at', 'mac'],
}

/** Does to a registry's file what an attacker with the file, but without the master key, could: row checksums are made right again. */
async function forge(dir: string, work: (db: BetterSqlite3.Database, write: (table: string, row: object) => void) => void) {
  const { crcOf } = await import('#core/registrystore/rows.ts')
  const db = new BetterSqlite3(`${dir}/registry.db`)
  work(db, (table, row) => {
    const whole = { ...row, crc: crcOf(table, columns[table]!, row as Record<string, unknown>) }
    const names = Object.keys(whole)
    db.prepare(`insert or replace into ${table} (${names.join(',')}) values (${names.map(() => '?')})`).run(Object.values(whole))
  })
  db.close()
}

/** As the contract tells everybody to check it. */
function provenBy(entries: AuditEntry[]): boolean {
  let previous = '0'.repeat(64)
  return entries.every(({ hash, ...entry }) => {
    const computed = createHash('sha256')
      .update(canonical({ ...entry, previous }))
      .digest('hex')
    previous = hash
    return computed === hash
  })
}

describe('canonical JSON', () => {
  it('is that of RFC 8785: keys sorted, nothing between them, numbers and texts as ECMAScript writes them', () => {
    assert.equal(
      canonical({ b: [1, { z: 1e21, a: -0 }], a: 'é"\u2028', c: undefined }),
      '{"a":"é\\"\u2028","b":[1,{"a":0,"z":1e+21}]}',
    )
    assert.equal(canonical(undefined), 'null')
    fc.assert(fc.property(fc.jsonValue(), (v) => assert.deepEqual(JSON.parse(canonical(v)), JSON.parse(JSON.stringify(v)))))
  })
})

describe('the audit log', () => {
  const dir = tempDir()
  let r: Registry
  const entries = async (f = {}) => (await r.face.auditEntries({ limit: 1000, ...f })).items

  before(async () => {
    r = await startRegistry(dir)
    await furnish(r.face)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('AUDIT-1: has every change by people with what it was and became, and who did it', async () => {
    await r.face.editVendor({ id: 1, name: 'Other', audit: by })
    const [entry] = await entries()
    assert.deepEqual(
      { ...entry, hash: '' },
      {
        ...{ id: entry!.id, at: r.clock.at, ...by, action: 'vendor.edit', object: 'vendor/1' },
        ...{ before: { name: 'Acme' }, after: { name: 'Other' }, hash: '' },
      },
    )
    await r.face.removeApplication({ id: (await r.face.applications({})).items[0]!.id })
    const [system] = await entries()
    assert.deepEqual([system?.actor, system?.action, system?.object], ['system', 'application.remove', 'application/1'])
  })

  it('AUDIT-1: has no entry of a change that failed', async () => {
    const before = await entries()
    await assert.rejects(r.face.editVendor({ id: 99, name: 'x', audit: by }))
    await assert.rejects(r.face.removeVendor({ id: 1, audit: by }))
    await assert.rejects(r.face.editVendor({ id: 1, name: 'x', ifRevision: 7, audit: by }), (e) => isPandoError(e, 'conflict'))
    assert.deepEqual(await entries(), before)
  })

  it('S-19: shows that a secret changed, and none', async () => {
    const app = { name: 'secret', description: '', domain: '*', reportUrl: '', reportToken: 'canary report token' }
    const application = await r.face.addApplication(app)
    const edited = await r.face.editApplication({ id: application.id, reportToken: 'canary two', audit: by })
    assert.deepEqual((await entries())[0]?.after, { reportToken: '***' })
    const rotated = await r.face.rotateApplicationKey({ id: application.id, audit: by })
    const { secret } = await r.face.addDevice({ productId: 1, code: 'audited', audit: by }).then((d) => d)
    await r.face.addUser({ name: 'eve', password: 'canary password 1', role: 'Viewer', audit: by })
    const all = JSON.stringify(await entries())
    for (const hidden of ['canary', application.key, rotated.key, edited.signingSecret, secret]) assert.ok(!all.includes(hidden))
  })

  it('takes entries of others, whatever texts and values they have', async () => {
    const odd = { ...by, actor: `x${'\0'}\ud800${'y'.repeat(500)}`, addr: "'; drop table audit; --" }
    const value = { __proto__: null, constructor: 1, 'a"b': ['中', 1.5, null, { toString: 2 }] }
    const entry = await r.face.auditAppend({
      audit: odd,
      action: 'frames.discard',
      object: 'quarantine',
      before: value,
      after: 7,
    })
    assert.deepEqual([entry.after, canonical(entry.before)], [7, canonical(value)])
    const huge = { audit: by, action: 'a', object: 'o', after: 'x'.repeat(2_000_000) }
    await assert.rejects(r.face.auditAppend(huge), (e) => isPandoError(e, 'too_large'))
    assert.equal((await r.face.auditVerify({})).ok, true)
  })

  // AUDIT-3
  it('has of a deed elsewhere what became of it: nothing if it was refused, that nobody knows if nobody has said it in time', async () => {
    const deed = { audit: by, action: 'device.command', object: 'device/9' }
    const begin = (attempt: string = randomUUID()) =>
      r.face.auditBegin({ ...deed, attempt, asked: { command: 'on', params: [2n ** 64n] } })
    const told = async () => (await entries({ object: 'device/9' })).map((e) => e.after)
    const [done, refused, unclear] = [await begin('once'), await begin(), await begin()]
    assert.deepEqual([await begin('once'), done.id === refused.id], [done, false])
    const since = r.clock.at
    assert.deepEqual(await told(), [])
    await r.face.auditSettle({ ...deed, ...refused, outcome: 'refused' })
    await r.face.auditSettle({ ...deed, ...done, outcome: 'done', after: { id: 'c1' } })
    await r.face.auditSettle({ ...deed, ...unclear, outcome: 'unknown' })
    const unknown = { command: 'on', params: ['18446744073709551616'], outcome: 'unknown', begun: since }
    assert.deepEqual(await told(), [unknown, { id: 'c1' }])

    const [late] = [await begin(), await begin()]
    const dead = await startRegistry(dir)
    await dead.stop()
    assert.equal((await told()).length, 2, 'they may be under way still')
    r.clock.at += 61_000
    const again = await startRegistry(dir, { aesKey: AES_KEY, masterKey: MASTER_KEY, at: r.clock.at })
    await until('both have an entry', async () => (await told()).length === 4)
    await again.stop()
    await r.face.auditSettle({ ...deed, ...late, outcome: 'unknown' })
    assert.deepEqual((await told()).slice(0, 2), [unknown, unknown])
    await r.face.auditSettle({ ...deed, ...late, outcome: 'done', after: { id: 'c2' } })
    assert.deepEqual((await told())[0], { id: 'c2' }, 'one that took longer than that')
    const most = { ...deed, asked: { text: 'x'.repeat(1_000_000) } }
    await assert.rejects(r.face.auditBegin({ ...most, attempt: 'm' }), (e) => isPandoError(e, 'too_large'))
    assert.equal((await r.face.auditVerify({})).ok, true)
  })

  it('is found by actor, action, object and time, page by page', async () => {
    const at = r.clock.at
    for (let i = 0; i < 5; i++) {
      r.clock.at = at + 10 * (i + 1)
      await r.face.auditAppend({ audit: { ...by, actor: 'user/77' }, action: 'test.tick', object: `thing/${i % 2}` })
    }
    const objects = async (f: object) => (await entries(f)).map((e) => `${e.object}@${e.at - at}`)
    assert.deepEqual(await objects({ actor: 'user/77', from: at + 20, to: at + 40 }), ['thing/1@40', 'thing/0@30', 'thing/1@20'])
    assert.deepEqual(await objects({ action: 'test.tick', object: 'thing/1' }), ['thing/1@40', 'thing/1@20'])
    assert.deepEqual(await objects({ from: at + 51 }), [])
    assert.deepEqual(await objects({ actor: "user/77' or 1=1" }), [])
    const pages: number[] = []
    for (let before: number | undefined; ; ) {
      const page = await entries({ limit: 3, ...(before !== undefined && { before }) })
      if (page.length === 0) break
      pages.push(...page.map((e) => e.id))
      before = page.at(-1)!.id
    }
    assert.deepEqual(
      pages,
      (await entries()).map((e) => e.id),
    )
    assert.deepEqual(
      pages.toReversed(),
      pages.map((_, i) => i + 1),
    )
  })

  it('times never fall, though the clock does', async () => {
    r.clock.at -= 1000
    const entry = await r.face.auditAppend({ audit: by, action: 'a', object: 'o' })
    assert.equal(entry.at, r.clock.at + 1000)
    r.clock.at += 1000
  })

  it('AUDIT-2: can be proved by anybody from what the API shows', async () => {
    const all = (await entries()).toReversed()
    assert.ok(all.length > 10)
    assert.ok(provenBy(all))
    assert.ok(!provenBy(all.map((e) => (e.id === 4 ? { ...e, actor: 'user/2' } : e))))
    assert.equal((await r.face.auditVerify({})).hash, all.at(-1)?.hash)
  })

  it('stays one chain when two processes write at the same time', async () => {
    const other = await startRegistry(dir)
    const write = (face: Registry['face'], i: number) => face.auditAppend({ audit: by, action: 'both', object: `o/${i}` })
    await Promise.all(Array.from({ length: 40 }, (_, i) => write(i % 2 ? other.face : r.face, i)))
    assert.equal((await entries({ action: 'both' })).length, 40)
    for (const { face } of [r, other]) assert.equal((await face.auditVerify({})).ok, true)
    await other.stop()
  })
})

describe('AUDIT-2: the audit log, changed by somebody with the file', () => {
  const N = 30
  const tried = async (work: Parameters<typeof forge>[1]) => {
    const dir = tempDir()
    const r = await startRegistry(dir)
    for (let i = 2; i <= N; i++) await r.face.auditAppend({ audit: by, action: 'test', object: `o/${i}` })
    assert.deepEqual(await r.face.auditVerify({}).then(({ ok, entries }) => [ok, entries]), [true, N])
    await forge(dir, work)
    const { ok, wrong } = await r.face.auditVerify({})
    await r.stop()
    removeDir(dir)
    return ok ? 'ok' : `${wrong?.code} ${wrong?.id}`
  }
  type Row = Record<string, string | number>
  const row = (db: BetterSqlite3.Database, id: number) => db.prepare('select * from audit where id = ?').get(id) as Row

  it('unchanged, it is proved', async () => assert.equal(await tried(() => undefined), 'ok'))

  it('an entry altered', async () => {
    assert.equal(await tried((db, write) => write('audit', { ...bare(row(db, 12)), actor: 'user/2' })), 'altered 12')
    assert.equal(await tried((db) => db.exec("update audit set actor = 'user/2' where id = 13")), 'altered 13')
  })

  it('an entry removed, or two exchanged', async () => {
    assert.equal(await tried((db) => db.exec('delete from audit where id = 12')), 'missing 12')
    const exchanged = await tried((db, write) => {
      const [a, b] = [row(db, 7), row(db, 8)]
      write('audit', { ...bare(b), id: 7 })
      write('audit', { ...bare(a), id: 8 })
    })
    assert.equal(exchanged, 'altered 7')
  })

  it('entries cut off at the end, with a head to fit, or with none', async () => {
    const end = (db: BetterSqlite3.Database) => db.exec('delete from audit where id > 25')
    assert.equal(await tried(end), 'cut_off 26')
    const fitting = await tried((db, write) => {
      end(db)
      const head = db.prepare('select * from audit_head').get() as Row
      write('audit_head', { ...bare(head), entries: 25, hash: row(db, 25)['hash'] })
    })
    assert.equal(fitting.split(' ')[0], 'unknown_end')
    assert.equal((await tried((db) => db.exec('delete from audit_head; delete from audit'))).split(' ')[0], 'unknown_end')
  })

  it('an entry added after the end, well hashed', async () => {
    const { entryHash } = await import('./chain.ts')
    const added = await tried((db, write) => {
      const last = row(db, N)
      const entry = { ...bare(last), id: N + 1, action: 'forged' } as Parameters<typeof entryHash>[0]
      write('audit', { ...entry, hash: entryHash(entry, String(last['hash'])) })
    })
    assert.equal(added, `unknown_end ${N + 1}`)
  })

  it('whoever altered its head hears of it at the next change', async () => {
    const dir = tempDir()
    const r = await startRegistry(dir)
    await forge(dir, (db, write) => {
      const head = db.prepare('select * from audit_head').get() as Row
      write('audit_head', { ...bare(head), entries: 0, hash: '0'.repeat(64) })
    })
    const adding = r.face.addVendor({ name: 'v', description: '', audit: by })
    await assert.rejects(adding, (e) => isPandoError(e, 'store_damaged') && /audit log/.test(e.message))
    assert.deepEqual((await r.face.vendors({})).items, [])
    await r.stop()
    removeDir(dir)
  })
})

const bare = ({ crc: _, ...row }: Record<string, string | number>) => row

describe('publishing and the audit log', () => {
  it('tells the version, not the whole model', async () => {
    const dir = tempDir()
    const r = await startRegistry(dir)
    await furnish(r.face)
    await r.face.editProduct({ id: 1, config: CONFIG.replace('light', 'lamp'), audit: by })
    const [entry] = (await r.face.auditEntries({ object: 'product/1' })).items
    assert.deepEqual([entry?.before, entry?.after], [{ published: 1 }, { published: 2 }])
    await r.stop()
    removeDir(dir)
  })
})
