/** R2: a row that is damaged while the service runs is named when it is read, and is nobody else's trouble. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import BetterSqlite3 from 'better-sqlite3'
import { isPandoError } from '#lib/errors.ts'
import { furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'
import { until } from '../../../test/world/wait.ts'

// REG-2
describe('R2: rows damaged under a running registry', () => {
  const dir = tempDir()
  let r: Registry
  let productKey: string
  let devices: { id: number; secret: string; token: string; code: string }[]

  /** What the registry itself is writing just then can only end if nothing waits for it here. */
  const alter = (sql: string): Promise<true> =>
    until('a moment in which nobody writes', () => {
      const db = new BetterSqlite3(join(dir, 'registry.db'), { timeout: 0 })
      try {
        db.exec(sql)
        return true
      } catch (e) {
        if ((e as { code?: string }).code === 'SQLITE_BUSY') return false
        throw e
      } finally {
        db.close()
      }
    })
  const named = (table: string) => (e: unknown) =>
    isPandoError(e, 'store_damaged') && e.message.includes(join(dir, 'registry.db')) && e.message.includes(table)

  before(async () => {
    r = await startRegistry(dir)
    productKey = (await furnish(r.face)).product.key
    const codes = ['a', 'b', 'c', 'd', 'e']
    devices = await Promise.all(
      codes.map(async (code) => {
        const { device, secret } = await r.face.registerDevice({ productKey, code, version: '1' })
        const { token } = await r.face.login({ deviceId: device.id, secret })
        return { id: device.id, secret, token, code }
      }),
    )
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('a token: that device is kept out and named in the log, the others of the batch come in', async () => {
    const [bad] = devices
    await alter(`update device_token set expires_at = expires_at + 1 where device_id = ${bad!.id}`)
    const { items } = await r.face.checkTokens({ items: devices.map((d) => ({ deviceId: d.id, token: d.token })) })
    assert.deepEqual(
      items.map((v) => v.refused ?? 'in'),
      ['server_busy', 'in', 'in', 'in', 'in'],
    )
    assert.match(r.logged(), /table device_token, row \d+ is damaged/)
    assert.ok(!r.logged().includes(bad!.token))
    assert.equal(r.store.health().state, 'degraded')
    r.clock.at += 20 * 86_400_000
    await r.face.touchTokens({ deviceIds: devices.map((d) => d.id) })
    r.clock.at += 20 * 86_400_000
    const later = await r.face.checkTokens({ items: devices.map((d) => ({ deviceId: d.id, token: d.token })) })
    assert.deepEqual(
      later.items.map((v) => v.refused ?? 'in'),
      ['server_busy', 'in', 'in', 'in', 'in'],
    )
  })

  it('a credential: its login and registration fail by name, others in the same group do not', async () => {
    const bad = devices[1]!
    await alter(`update device_credential set permit = 1 where device_id = ${bad.id}`)
    const logins = await Promise.allSettled(devices.slice(1).map((d) => r.face.login({ deviceId: d.id, secret: d.secret })))
    assert.deepEqual(
      logins.map((l) => l.status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    )
    assert.ok(named('device_credential')((logins[0] as PromiseRejectedResult).reason))
    const again = devices.slice(1).map((d) => r.face.registerDevice({ productKey, code: d.code, version: '2' }))
    assert.deepEqual(
      (await Promise.allSettled(again)).map((l) => l.status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    )
  })

  it('a device and an application: named when they are read, whenever that is', async () => {
    const { key } = await r.face.addApplication({ name: 'n', description: '', domain: '*', reportUrl: '', reportToken: '' })
    await alter(
      `update device set name = 'other' where id = ${devices[2]!.id}; update application set domain = 'product/2' where name = 'n'`,
    )
    await r.stop()
    r = await startRegistry(dir)
    await assert.rejects(r.face.deviceByIdentifier({ identifier: '1-1-c' }), named('device'))
    await assert.rejects(r.face.devicesById({ ids: devices.map((d) => d.id) }), named('device'))
    await assert.rejects(r.face.applicationByKey({ key }), named('application'))
    assert.equal((await r.face.deviceByIdentifier({ identifier: '1-1-d' })).code, 'd')
  })
})
