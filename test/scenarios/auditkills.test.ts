/** Deeds that are done elsewhere than in the registry, and a process that dies between the deed and its entry in the audit log. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDoor } from '../admin/door.ts'
import { DIES_AT } from '../crash/dyingcloud.ts'
import { makeWorld, until } from '../world.ts'

/** What is open for a minute is settled within a second. */
const SPEED = 100

// AUDIT-3
test('kill -9 between a deed and its entry: the entry is there after the restart, once, and says that the outcome is unknown', async (t) => {
  const main = join(import.meta.dirname, '../crash/dyingcloud.ts')
  const world = await makeWorld({ shape: 'process', program: [process.execPath, main, String(SPEED), String(Date.now())] })
  t.after(() => world.close())
  const { client } = await openDoor(world)
  const product = await world.product()
  const device = await world.device({ product })
  const params = { id: device.id }
  const send = (value: number) =>
    client('POST /devices/{id}/commands', { params, body: { command: 'switch', params: [value, 2], ttl_s: 3600 } })
  const sent = async () => (await client('GET /devices/{id}/commands', { params })).items.map((c) => c.params)
  const entries = async () => (await client('GET /audit', { query: { limit: 500 } })).items
  const kept = await send(1)
  assert.deepEqual((await entries())[0]!.after, { id: kept.id, command: 'switch', params: [1, 2] })

  const dying = async (when: string, action: string, act: () => Promise<unknown>) => {
    const before = (await entries()).length
    writeFileSync(join(world.dataDir, DIES_AT), when)
    await assert.rejects(act())
    await world.kill()
    rmSync(join(world.dataDir, DIES_AT))
    await world.start()
    const all = await until('an entry', async () => {
      const found = await entries()
      return found.length > before && found
    })
    assert.equal(all.length, before + 1)
    const { action: told, after, actor, at } = all[0]!
    const { outcome, begun, ...asked } = after as Record<string, unknown>
    assert.deepEqual([told, outcome, actor], [action, 'unknown', kept.by])
    assert.ok(typeof begun === 'number' && begun < at)
    assert.equal((await client('GET /audit/verify')).ok, true)
    return asked
  }

  const asked = await dying('before auditSettle', 'device.command', () => send(2))
  assert.deepEqual(
    [asked, await sent()],
    [
      { command: 'switch', params: [2, 2] },
      [
        [2, 2],
        [1, 2],
      ],
    ],
  )
  await dying('after auditBegin', 'device.command', () => send(3))
  assert.equal((await sent()).length, 2)
  const cancelled = await dying('before auditSettle', 'device.command.cancel', () =>
    client('DELETE /commands/{id}', { params: kept }),
  )
  assert.deepEqual(cancelled, { id: kept.id })
  assert.equal((await client('GET /commands/{id}', { params: kept })).state, 'cancelled')
  const wish = { light: [1, 80] }
  await dying('before auditSettle', 'device.desired', () => client('PUT /devices/{id}/desired', { params, body: wish }))
  assert.deepEqual((await client('GET /devices/{id}/desired', { params })).desired, wish)
  const body = { product: product.id }
  await dying('before auditSettle', 'quarantine.redecode', () => client('POST /quarantine/redecode', { body }))
})
