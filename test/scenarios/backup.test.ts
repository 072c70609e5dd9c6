import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makePlace, pando } from '#cli/testing.ts'
import { check } from '../crash/check.ts'
import { isEvent, Publisher } from '../crash/publisher.ts'
import { makeRandom } from '../fuzz/random.ts'
import { answers } from '../support/hookreceiver.ts'
import { Device } from '../world/device.ts'
import { startShape } from '../world/shapes.ts'
import { makeWorld, sleep, until, type World } from '../world.ts'

const DEVICES = 6
const dialects = ['binary', 'user', 'mqtt5'] as const

const send = (world: World, deviceId: number) =>
  world.peers.controller.sendCommand({ deviceId, kind: 'status', params: '{"o_uint32":[7]}', ttl: 3_600_000 })

// BACKUP-1 BACKUP-4
test('a backup under load, restored elsewhere: nothing confirmed before it began is missing, devices come in, webhooks go on', async (t) => {
  const world = await makeWorld({ shape: 'process' })
  t.after(() => world.close())
  await world.application()
  const random = makeRandom(7)
  const publishers: Publisher[] = []
  for (let i = 0; i < DEVICES; i++) {
    publishers.push(new Publisher(await world.device({ dialect: dialects[i % 3]! }), i % 2 ? 2 : 1, random))
  }
  const away = await world.device()
  await Promise.all(publishers.map((p) => p.start()))
  await until('events told', () => world.hooks.confirmed.length > 20)
  const told = new Set(world.hooks.confirmed.map((h) => h.id))
  // what is told by now is behind the cursor, however lazily that is kept; the rest waits
  world.hooks.manner = answers(503)
  const waiting = await send(world, away.id)
  const done = await send(world, publishers[0]!.device.id)
  const stateOf = async (w: Pick<World, 'peers'>, id: string) => (await w.peers.controller.commandById({ id })).state
  await until('the command delivered', async () => (await stateOf(world, done.id)) === 'delivered')
  await sleep(500)

  const before = publishers.map(({ device, qos, confirmed }) => ({ device, qos, confirmed: [...confirmed] }))
  const place = makePlace({ PANDO_DATA_DIR: world.dataDir })
  t.after(place.remove)
  const file = join(place.dir, 'backup.tar')
  const made = await pando(place, ['backup', file, '--json'])
  assert.equal(made.code, 0, made.stderr)
  assert.equal(JSON.parse(made.stdout).keys, 'inside')
  const counts = publishers.map((p) => p.confirmed.length)
  await until('the load goes on', () => publishers.every((p, i) => p.confirmed.length > counts[i]!))
  for (const folder of ['', 'log', 'history']) {
    assert.ok(!readdirSync(join(world.dataDir, folder)).some((name) => name.startsWith('frozen')))
  }
  for (const p of publishers) p.stop()
  await world.kill()

  const other = makePlace()
  t.after(other.remove)
  const dataDir = other.env['PANDO_DATA_DIR']!
  const restored = await pando(other, ['restore', file, '--json'])
  assert.equal(restored.code, 0, restored.stderr)
  assert.deepEqual(JSON.parse(restored.stdout).damage, [])
  world.hooks.manner = answers(200)
  const first = world.hooks.hooks.length
  const again = await startShape('process', { dataDir, env: { ...other.env, PANDO_NOTIFIER_ALLOW: '127.0.0.0/8' } })
  assert.equal(await stateOf(again, waiting.id), 'accepted')
  assert.equal(await stateOf(again, done.id), 'delivered')

  for (const { device } of before) {
    const { dialect, code, model, id, secret, token } = device
    const back = Object.assign(new Device({ productKey: '', model, code, dialect }, () => again.listen), { id, secret, token })
    await back.connect()
    await back.login()
    await back.connect()
    await back.link.drop()
  }
  const events = () => new Set(world.hooks.confirmed.map((h) => `${h.json.identifier} ${h.json.data['alarm']?.[0]}`))
  const owed = before.flatMap((p) => p.confirmed.filter(isEvent).map((n) => `${p.device.identifier} ${n}`))
  await until('every event that was owed', () => owed.every((e) => events().has(e)), 30_000)
  assert.deepEqual(
    world.hooks.hooks.slice(first).filter((h) => told.has(h.id) && h.json.tag === 'event').length < told.size / 2,
    true,
    'webhooks begin anew',
  )
  assert.equal(await again.stop(), 0)
  const { lost, disordered, duplicates, disagreeing, confirmed } = await check({ dataDir }, before, world.hooks.confirmed)
  assert.deepEqual({ lost, disordered, duplicates, disagreeing }, { lost: [], disordered: [], duplicates: [], disagreeing: [] })
  assert.ok(confirmed > 100, `${confirmed} confirmed`)
  assert.ok(!existsSync(join(dataDir, 'restoring')))
})
