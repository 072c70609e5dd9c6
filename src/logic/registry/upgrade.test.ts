/** F-20: the data of an earlier schema, in a program that knows more. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import BetterSqlite3 from 'better-sqlite3'
import { isPandoError } from '#lib/errors.ts'
import { oldRegistry, writeOldRegistry } from '../../../test/support/oldregistry.ts'
import { type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

describe('F-20: a registry of the first schema', () => {
  const old = oldRegistry()
  const dirs: string[] = []
  const dir = (): string => {
    dirs.push(tempDir())
    return dirs.at(-1)!
  }
  after(() => dirs.forEach(removeDir))

  const allThere = async (r: Registry): Promise<void> => {
    const [vendor] = (await r.face.vendors({})).items
    assert.deepEqual(vendor, { ...old.vendor, revision: 1 })
    const [product] = (await r.face.products({})).items
    assert.deepEqual([product?.key, product?.modelVersion, product?.revision, product?.pins], [old.product.key, 2, 1, []])
    const application = await r.face.applicationByKey({ key: old.application.key })
    assert.deepEqual([application.signingSecret, application.revision], [old.application.signingSecret, 1])
    assert.equal((await r.face.deadLetters({})).items.length, 1)
    assert.deepEqual(
      (await r.face.modelVersions({ productId: 1 })).items.map((m) => [m.version, m.note, m.publishedAt > 0]),
      [
        [2, '', true],
        [1, '', true],
      ],
    )
  }

  it('keeps every identity, secret and token', async () => {
    const d = dir()
    writeOldRegistry(d)
    const r = await startRegistry(d)
    await allThere(r)
    for (const known of old.devices) {
      assert.equal((await r.face.deviceByKey({ key: known.key })).identifier, known.identifier)
      const { items } = await r.face.checkTokens({ items: [{ deviceId: known.id, token: known.token }] })
      assert.equal(items[0]?.device?.modelVersion, 2)
      await r.face.login({ deviceId: known.id, secret: known.secret })
    }
    const edited = await r.face.editDevice({ id: 1, name: 'new name', tags: ['attic'], ifRevision: 1 })
    assert.deepEqual([edited.name, edited.tags, edited.revision], ['new name', ['attic'], 2])
    assert.equal((await r.face.users({})).items[0]?.name, 'admin')
    assert.equal((await r.face.auditVerify({})).ok, true)
    await r.stop()
    const again = await startRegistry(d)
    await allThere(again)
    await again.stop()
  })

  it('F-03: a row that was damaged before is damaged after, and no other is', async () => {
    const d = dir()
    writeOldRegistry(d)
    const db = new BetterSqlite3(`${d}/registry.db`)
    db.exec("update device set name = 'other' where id = 3")
    db.close()
    const r = await startRegistry(d)
    const named = (e: unknown) => isPandoError(e, 'store_damaged') && /table device, row 3/.test(e.message)
    await assert.rejects(r.face.deviceByIdentifier({ identifier: old.devices[2]!.identifier }), named)
    assert.equal((await r.face.deviceByIdentifier({ identifier: old.devices[3]!.identifier })).id, 4)
    assert.deepEqual((await r.face.searchDevices({})).ids, [1, 2, 4, 5, 6, 7])
    assert.match(r.logged(), /row 3 is damaged/)
    await r.stop()
  })

  it('F-04: two processes that find it at once both go on with the same', async () => {
    const d = dir()
    writeOldRegistry(d)
    const both = await Promise.all([startRegistry(d), startRegistry(d)])
    for (const r of both) await allThere(r)
    assert.equal((await both[0].face.users({})).items.length, 1)
    for (const r of both) await r.stop()
  })
})
