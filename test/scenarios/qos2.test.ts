/** QoS 2 up: exactly once over repeats, reconnects and restarts. */
import assert from 'node:assert/strict'
import { recordKind } from '#core/devicelog/batch.ts'
import { historyRecords, logRecords } from '../world/inspect.ts'
import { type Device, type Shape, scenario, shapes, until, type World } from '../world.ts'

const session = { clean: false }
const restartable: readonly Shape[] = [...shapes, 'process']

/** What the cloud has recorded of a device as events, as numbers of event `alarm`. */
async function recorded(world: World, device: Device): Promise<string[]> {
  await world.stop()
  const events = (await logRecords(world.place)).filter((r) => r.device === device.id && r.kind === recordKind.event)
  // each node writes a stream of its own
  const inLog = events.toSorted((a, b) => a.time - b.time)
  const inHistory = (await historyRecords(world.place, [device.id])).get(device.id)!.filter((r) => r.kind === recordKind.event)
  assert.deepEqual(
    inHistory.map((r) => Buffer.from(r.data).toString('hex')),
    inLog.map((r) => r.data.toString('hex')),
  )
  return inLog.map((r) => r.data.toString('utf8', 37))
}

function send(device: Device, text: string, packetId: number, dup = false): void {
  const payload = device.eventFrame('alarm', [text])
  device.link.send({ type: 'publish', topic: 'e', payload, qos: 2, dup, retain: false, packetId })
}
const received = (device: Device, packetId: number) => device.link.next('pubrec', 5000, (p) => p.packetId === packetId)

async function release(device: Device, packetId: number): Promise<number> {
  device.link.send({ type: 'pubrel', packetId, reason: 0 })
  return (await device.link.next('pubcomp', 5000, (p) => p.packetId === packetId)).reason
}

scenario('QoS 2: PUBREC, PUBREL, PUBCOMP; a repeat before PUBREL counts once', async (world) => {
  const device = await world.connected()
  send(device, 'one', 1)
  await received(device, 1)
  send(device, 'one', 1, true)
  await received(device, 1)
  await release(device, 1)
  send(device, 'two', 1)
  await received(device, 1)
  await release(device, 1)
  assert.deepEqual(await recorded(world, device), ['one', 'two'])
})

scenario('QoS 2: the PUBREC that was lost with the connection: the repeat after it counts once', async (world) => {
  const device = await world.device()
  await device.connect(session)
  send(device, 'one', 7)
  await received(device, 7)
  await device.drop(true)
  const { sessionPresent } = await device.connect(session)
  assert.equal(sessionPresent, true)
  send(device, 'one', 7, true)
  await received(device, 7)
  assert.equal(await release(device, 7), 0)
  await device.drop()
  assert.equal((await device.connect(session)).sessionPresent, false)
  assert.deepEqual(await recorded(world, device), ['one'])
})

scenario('QoS 2: gone right behind the message and back at once, over and over: each counts once', async (world) => {
  const device = await world.device()
  await device.connect(session)
  const names = Array.from({ length: 40 }, (_, i) => `m${i + 1}`)
  for (const [i, name] of names.entries()) {
    send(device, name, i + 1)
    device.link.socket.end()
    if (i % 2 === 0) await device.link.closed
    await device.connect(session)
    send(device, name, i + 1, true)
    await received(device, i + 1)
    await release(device, i + 1)
  }
  assert.deepEqual(await recorded(world, device), names)
})

scenario('QoS 2: a clean session begins with no ids', async (world) => {
  const device = await world.device()
  await device.connect(session)
  send(device, 'one', 7)
  await received(device, 7)
  await device.drop()
  assert.equal((await device.connect({ clean: true })).sessionPresent, false)
  send(device, 'another', 7)
  await received(device, 7)
  await release(device, 7)
  assert.deepEqual(await recorded(world, device), ['one', 'another'])
})

scenario(
  'QoS 2 F-01: exactly once over a restart, and over kill -9 where there is a process',
  async (world) => {
    const device = await world.device()
    await device.connect(session)
    for (const id of [1, 2, 3]) {
      send(device, `m${id}`, id)
      await received(device, id)
    }
    await release(device, 2)
    if (world.shape === 'process') await world.kill()
    else await world.stop()
    await world.start()
    assert.equal((await device.comeBack(session)).sessionPresent, true)
    for (const id of [1, 3]) {
      send(device, `m${id}`, id, true)
      await received(device, id)
      assert.equal(await release(device, id), 0)
    }
    send(device, 'new', 2)
    await received(device, 2)
    await release(device, 2)
    assert.deepEqual(await recorded(world, device), ['m1', 'm2', 'm3', 'new'])
  },
  { shapes: restartable },
)

scenario('QoS 2 MQTT 5: PUBREL for an id that is not there is told 0x92', async (world) => {
  const device = await world.connected({ dialect: 'mqtt5' })
  assert.equal(await release(device, 99), 0x92)
})

scenario('O-04 more QoS 2 messages without PUBREL than the limit: MQTT 5 is told 0x93', async (world) => {
  const device = await world.connected({ dialect: 'mqtt5' })
  for (let id = 1; id <= 1025; id++) send(device, 'x', id)
  assert.equal((await device.link.next('disconnect')).reason, 0x93)
  await device.link.closed
})

scenario('QoS 2 webhooks: an event that was repeated is told once', async (world) => {
  await world.application()
  const device = await world.device()
  await device.connect(session)
  send(device, 'one', 1)
  await received(device, 1)
  await device.drop()
  await device.connect(session)
  send(device, 'one', 1, true)
  await received(device, 1)
  await release(device, 1)
  await device.event('alarm', ['last'])
  await until('the last webhook', () => world.hooks.hooks.some((h) => h.json.data['alarm']?.[0] === 'last'))
  assert.deepEqual(
    world.hooks.hooks.map((h) => h.json.data['alarm']),
    [['one'], ['last']],
  )
})
