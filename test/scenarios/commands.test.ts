/** Commands that nobody waits for, desired state, and models that change under live sessions: through a whole cloud, over restarts. */
import assert from 'node:assert/strict'
import type { Command } from '#contracts/controller.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { parseModel, statusFromJson } from '#protocol/model.ts'
import { vectors } from '../vectors/read.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const HOUR = 3_600_000
const restartable = ['direct', 'encoded', 'process'] as const

const told = (world: World, c: Command, state: Command['state']) =>
  until(`${state} of ${c.name} ${c.params}`, async () => {
    const now = await world.peers.controller.commandById({ id: c.id })
    return now.state === state && now
  })

const switchTo = (device: Device, n: number, more: object = {}) => ({
  deviceId: device.id,
  kind: 'command' as const,
  name: 'switch',
  params: `[${n},0]`,
  ttl: HOUR,
  ...more,
})

// DOWN-5
scenario(
  'kept: commands for a device that is offline come over a restart, in order, when it connects; the steps are told with their times',
  async (world) => {
    const device = await world.device()
    const kept: Command[] = []
    for (const n of [1, 2, 3]) kept.push(await world.peers.controller.sendCommand(switchTo(device, n)))
    if (world.shape === 'process') await world.kill()
    else await world.stop()
    await world.start()
    await device.comeBack()
    for (const n of [1, 2, 3]) assert.deepEqual((await device.expectCommand()).values, [n, 0])
    for (const c of kept) {
      const { at } = await told(world, c, 'delivered')
      assert.ok(at.accepted <= at.sent! && at.sent! <= at.delivered!, JSON.stringify(at))
    }
    const { items } = await world.peers.controller.commands({ deviceId: device.id })
    assert.deepEqual(
      items.map((c) => c.id),
      kept.map((c) => c.id).reverse(),
    )
  },
  { shapes: restartable },
)

// DOWN-8
scenario('result: a device says what became of a command (event 65534), and the answer knows that it can', async (world) => {
  const device = await world.connected()
  const c = await world.peers.controller.sendCommand(switchTo(device, 1, { ttl: 0 }))
  const { frame } = await device.expectCommand()
  assert.equal((await told(world, c, 'delivered')).canTell, false)
  const values = [BigInt(frame.timestamp), 0, Buffer.from('switched')]
  const result = encodeEvent({ subDevice: 0, no: 65534, priority: 0, values, types: [10, 5, 11] })
  await device.publish('e', result)
  const executed = await told(world, c, 'executed')
  assert.deepEqual([executed.result, executed.canTell], [{ code: 0, text: 'switched' }, true])
})

// DOWN-5
scenario(
  'kept F-15: gone between command and PUBACK: it comes again, the same frame, marked DUP',
  async (world) => {
    const device = await world.device()
    const c = await world.peers.controller.sendCommand(switchTo(device, 7))
    device.acks = false
    await device.connect()
    const first = await device.expectCommand()
    assert.equal(first.publish.dup, false)
    assert.equal((await told(world, c, 'sent')).at.delivered, undefined)
    if (world.shape === 'process') await world.kill()
    else await device.drop(true)
    if (world.shape === 'process') await world.start()
    device.acks = true
    await device.comeBack()
    const again = await device.expectCommand()
    assert.deepEqual([again.publish.dup, again.frame.timestamp, again.values], [true, first.frame.timestamp, [7, 0]])
    await told(world, c, 'delivered')
  },
  { shapes: restartable },
)

// DOWN-5, LOG-13
scenario(
  'kept: what became of commands of a device that was online before them is known after a kill: sent again marked DUP, or not at all',
  async (world) => {
    const device = await world.connected()
    const done = await world.peers.controller.sendCommand(switchTo(device, 1))
    await device.expectCommand()
    await told(world, done, 'delivered')
    device.acks = false
    const c = await world.peers.controller.sendCommand(switchTo(device, 2))
    await device.expectCommand()
    await told(world, c, 'sent')
    if (world.shape === 'process') await world.kill()
    else await world.stop()
    await world.start()
    device.acks = true
    await device.comeBack()
    const again = await device.expectCommand()
    assert.deepEqual([again.publish.dup, again.values], [true, [2, 0]])
    await told(world, c, 'delivered')
    assert.equal((await world.peers.controller.commandById({ id: done.id })).state, 'delivered')
  },
  { shapes: restartable },
)

// DOWN-6
scenario('ttl: what has expired is never sent', async (world) => {
  const device = await world.device()
  const c = await world.peers.controller.sendCommand(switchTo(device, 1, { ttl: 50 }))
  await told(world, c, 'expired')
  await device.connect()
  await device.ping()
  assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish' && p.packet.qos === 1).length, 0)
})

// WANT-1
scenario('desired: held over restarts until the device reports it', async (world) => {
  const device = await world.connected()
  await device.status({ light: [0, 5] })
  await device.drop()
  await world.told(device, 'offline', 'closed_by_peer')
  const { controller } = world.peers
  const set = await controller.setDesired({ deviceId: device.id, values: '{"light":[1,80]}', by: 'test' })
  assert.deepEqual([set.version, set.differs, set.state], [1, ['light'], 'waiting'])
  await world.restart()
  await device.comeBack()
  assert.deepEqual((await device.expectStatus()).data, { light: [1, 80] })
  await device.status({ light: [1, 80] })
  const reached = await until('reached', async () => {
    const d = await world.peers.controller.desired({ deviceId: device.id })
    return d.state === 'reached' && d
  })
  assert.deepEqual([reached.reported, reached.tries, reached.by], ['{"light":[1,80]}', 1, 'test'])
  await device.drop()
  await device.comeBack()
  await device.ping()
  assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish' && p.packet.qos === 1).length, 0)
})

// WANT-5
scenario('desired: an application wants and reads it, by version, within its scope', async (world) => {
  const device = await world.connected()
  const [app, stranger] = [await world.application(), await world.application({ domain: 'vendor/999' })]
  const path = `/devices/${device.identifier}/desired`
  const none = (await app.get(path)).data as { state: string; version: number }
  assert.deepEqual([none.state, none.version], ['none', 0])
  const set = await app.put(path, { light: [1, 80] })
  assert.equal(set.code, 0, set.message)
  assert.deepEqual((set.data as { desired: object }).desired, { light: [1, 80] })
  assert.deepEqual((await device.expectStatus()).data, { light: [1, 80] })
  await device.status({ light: [1, 80] })
  await until('reached', async () => ((await app.get(path)).data as { state: string }).state === 'reached')
  assert.deepEqual([(await app.put(`${path}?version=0`, { light: [0, 0] })).code], [10007])
  assert.equal((await app.put(`${path}?version=x`, { light: [0, 0] })).code, 10007)
  assert.equal((await app.put(path, { light: ['bright'] })).code, 10005)
  const cleared = await app.put(`${path}?version=1`, { light: null })
  assert.deepEqual((cleared.data as { version: number; desired: object }).desired, {})
  for (const said of [await stranger.get(path), await stranger.put(path, {})]) assert.equal(said.code, 10008, said.message)
})

// WANT-1
scenario('desired: binary firmware that reports only when it is asked is asked', async (world) => {
  const device = await world.device({ dialect: 'binary' })
  device.report = { light: [1, 80] }
  await device.connect()
  await world.peers.controller.setDesired({ deviceId: device.id, values: '{"light":[1,80]}' })
  const reached = async () => (await world.peers.controller.desired({ deviceId: device.id })).state === 'reached'
  await until('reached', reached, 20_000)
})

// MOD-4 QUAR-2
scenario(
  'a model that is published reaches live sessions; what was unknown before is read again, and tells no webhook',
  async (world) => {
    const rich = vectors<{ objects: object[]; events: object[] }>('rich-product')
    const product = await world.product()
    await world.application({ tags: ['event', 'status'] })
    const device = await world.connected({ product })
    const { controller, registry } = world.peers
    const next = {
      ...rich,
      objects: [...rich.objects, { no: 900, label: 'door', part: 1, status: [{ value_type: 7, name: 'open' }] }],
    }
    const newer = parseModel(JSON.stringify(next))
    const door = (open: number) => encodeStatus({ properties: statusFromJson(newer, JSON.stringify({ door: [open] })) })
    await device.publish('s', door(1))
    const latest = async () => JSON.parse((await controller.latest({ deviceId: device.id })).json)
    assert.equal((await latest()).door, undefined)
    const quarantined = () => controller.quarantine({ productId: product.id })
    const found = await until('quarantine', async () => (await quarantined()).items[0])
    assert.deepEqual([found.kind, found.numbers, found.version, found.redecoded], ['unknown', [900], 1, false])
    await registry.editProduct({ id: product.id, config: JSON.stringify(next) })
    assert.deepEqual((await latest()).door, [1])
    await until('records of the new version', async () => {
      await device.publish('s', door(2))
      const { items } = await quarantined()
      const before = items.length
      await device.publish('s', door(3))
      return (await quarantined()).items.length === before
    })
    const { items } = await quarantined()
    await device.event('alarm', ['last'])
    await until('the last webhook', () => world.hooks.hooks.some((h) => h.json.data['alarm']))
    const told = world.hooks.hooks.length
    const done = await controller.redecode({ productId: product.id })
    assert.deepEqual(done, { decodes: items.length, fails: 0, done: 0 })
    assert.deepEqual(await controller.redecode({ productId: product.id }), { decodes: 0, fails: 0, done: items.length })
    assert.deepEqual((await latest()).door, [3], 'what is read again is older')
    await device.event('alarm', ['really'])
    await until('one more webhook', () => world.hooks.hooks.some((h) => h.json.data['alarm']?.[0] === 'really'))
    assert.equal(world.hooks.hooks.length, told + 1)
  },
)
