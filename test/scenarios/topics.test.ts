/** Topics s, e, c and d (docs/device-protocol.md §3), and frames that are none. */
import assert from 'node:assert/strict'
import { recordKind } from '#core/devicelog/batch.ts'
import { encodeEvent, reason } from '#protocol/frames.ts'
import { historyRecords } from '../world/inspect.ts'
import { scenario, until } from '../world.ts'

// MQTT-7
scenario('topics: a device that reports on d is answered on d, one that goes over to s on s', async (world) => {
  const app = await world.application()
  const device = await world.connected({ dialect: 'binary' })
  const path = `/devices/${device.identifier}/status`
  const set = async (topic: 's' | 'd') => {
    const [got, put] = await Promise.all([device.expectStatus(topic), app.put(path, { light: [1, 2] })])
    assert.deepEqual([got.data, put.code], [{ light: [1, 2] }, 0])
  }
  await set('s')
  await device.status({ light: [3, 4] }, { topic: 'd' })
  assert.deepEqual((await app.get(`${path}/latest`)).data, { light: [3, 4] })
  await set('d')
  await device.status({ light: [5, 6] })
  await set('s')
})

// MQTT-7
scenario('topics: commands go to c whatever the device reports on', async (world) => {
  const app = await world.application()
  const device = await world.connected({ dialect: 'binary' })
  await device.status({ light: [3, 4] }, { topic: 'd' })
  const [got, post] = await Promise.all([
    device.expectCommand(),
    app.post(`/devices/${device.identifier}/commands`, { ping: [] }),
  ])
  assert.deepEqual([got.name, post.code], ['ping', 0])
})

// MQTT-8
scenario('topics: what cannot be decoded is confirmed, kept raw with its reason, and changes nothing', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  await device.status({ light: [1, 2] })
  const whole = Buffer.from(device.statusFrame({ light: [9, 9] }))
  const wrong: [topic: string, payload: Uint8Array, why: number][] = [
    ['s', whole.subarray(0, 3), reason.frame_truncated],
    ['s', whole.subarray(0, -1), reason.tlv_truncated],
    ['s', new Uint8Array(0), reason.frame_truncated],
    ['e', Buffer.from('short'), reason.frame_truncated],
    ['x', whole, reason.frame_kind_unknown],
  ]
  for (const [topic, payload] of wrong) await device.publish(topic, payload)
  assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [1, 2] })
  assert.equal(world.hooks.hooks.length, 0)
  await world.stop()
  const kept = (await historyRecords(world.place, [device.id])).get(device.id)!.filter((r) => r.kind === recordKind.undecodable)
  assert.deepEqual(
    kept.map((r) => [Buffer.from(r.data).toString('hex'), r.reason]),
    wrong.map(([, payload, why]) => [Buffer.from(payload).toString('hex'), why]),
  )
})

// FRM-2
scenario('events of old firmware, 2 octets short, are events all the same', async (world) => {
  await world.application()
  const device = await world.connected({ dialect: 'binary' })
  const whole = encodeEvent({ subDevice: 1, no: 3, priority: 1, values: [], types: [] })
  await device.publish('e', whole.subarray(0, -2))
  const hook = await until('webhook', () => world.hooks.confirmed[0])
  assert.deepEqual(hook.json.data, { tick: [] })
})

// MQTT-6
scenario('QoS 0: taken, never confirmed', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  await device.status({ light: [7, 8] }, { qos: 0 })
  const latest = async () => JSON.stringify((await app.get(`/devices/${device.identifier}/status/latest`)).data)
  await until('the value', async () => (await latest()) === '{"light":[7,8]}')
  assert.deepEqual(
    device.link.packets.map((p) => p.packet.type),
    ['publish'],
  )
})

// MQTT-9
scenario('a subscriber is answered: its own topics are granted, others not; pushed are c and s all the same', async (world) => {
  const device = await world.connected()
  const subscription = { qos: 2 as const, noLocal: false, retainAsPublished: false, retainHandling: 0 as const }
  const filters = ['c', 's', 'd', '#', '+', 'x', '$SYS/#', 'c/d']
  device.link.send({ type: 'subscribe', packetId: 7, subscriptions: filters.map((filter) => ({ filter, ...subscription })) })
  const suback = await device.link.next('suback')
  assert.deepEqual([suback.packetId, suback.reasons], [7, [1, 1, 1, 1, 1, 0x80, 0x80, 0x80]])
  device.link.send({ type: 'unsubscribe', packetId: 8, filters: ['c'] })
  assert.equal((await device.link.next('unsuback')).packetId, 8)
  const app = await world.application()
  const [got] = await Promise.all([device.expectCommand(), app.post(`/devices/${device.identifier}/commands`, { ping: [] })])
  assert.equal(got.name, 'ping')
})
