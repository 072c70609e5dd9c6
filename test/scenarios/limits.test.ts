/** Limits of a device as settings, back-pressure instead of memory, and a fleet that comes back at once. */
import assert from 'node:assert/strict'
import { inUse } from '../support/memory.ts'
import { type Device, scenario, until } from '../world.ts'

function publishOf(d: Device, packetId: number, value: number): Buffer {
  const frame = d.statusFrame({ light: [value % 256, value] })
  return Buffer.concat([Buffer.from([0x32, 5 + frame.length, 0, 1, 0x73, packetId >> 8, packetId & 255]), frame])
}
const acked = (d: Device) => d.link.packets.filter((p) => p.packet.type === 'puback').length

scenario(
  'in-flight limit: MQTT 3 is read no further until there is room, and everything is confirmed in order',
  async (world) => {
    const device = await world.connected()
    device.raw(Buffer.concat(Array.from({ length: 500 }, (_, i) => publishOf(device, i + 1, i))))
    await until('all acknowledgements', () => acked(device) === 500)
    const ids = device.link.packets.flatMap(({ packet }) => (packet.type === 'puback' ? [packet.packetId] : []))
    assert.deepEqual(
      ids,
      Array.from({ length: 500 }, (_, i) => i + 1),
    )
    await device.ping()
  },
  { env: { PANDO_MQTT_MAX_INFLIGHT: '10' } },
)

scenario(
  'in-flight limit: MQTT 5 is told it as Receive Maximum; who sends more is read no further until there is room',
  async (world) => {
    const device = await world.device({ dialect: 'mqtt5' })
    const { properties } = await device.connect()
    assert.equal(properties?.receiveMaximum, 10)
    for (let id = 1; id <= 50; id++) {
      const payload = device.statusFrame({ light: [1, id] })
      device.link.send({ type: 'publish', topic: 's', payload, qos: 1, dup: false, retain: false, packetId: id })
    }
    await until('all acknowledgements', () => acked(device) === 50)
  },
  { env: { PANDO_MQTT_MAX_INFLIGHT: '10' } },
)

scenario(
  'O-03 rate limit: who sends more waits until the second is over; others do not',
  async (world) => {
    const [fast, calm] = [await world.connected(), await world.connected()]
    const began = performance.now()
    fast.raw(Buffer.concat(Array.from({ length: 250 }, (_, i) => publishOf(fast, i + 1, i))))
    for (let n = 0; n < 5; n++) await calm.status({ light: [1, n] })
    assert.ok(acked(fast) < 250)
    await until('all acknowledgements', () => acked(fast) === 250, 10_000)
    // the third hundred had to wait for two seconds to pass
    assert.ok(performance.now() - began > 1000)
    await fast.ping()
  },
  { env: { PANDO_MQTT_MAX_RATE: '100' } },
)

scenario(
  'packet limit: a packet above it ends the session; what came before counts',
  async (world) => {
    const app = await world.application()
    const device = await world.connected({ dialect: 'mqtt5' })
    await device.status({ light: [1, 2] })
    device.link.send({ type: 'publish', topic: 's', payload: Buffer.alloc(2100), qos: 1, dup: false, retain: false, packetId: 9 })
    assert.equal((await device.link.next('disconnect')).reason, 0x95)
    await world.told(device, 'offline', 'packet_too_large')
    assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [1, 2] })
  },
  { env: { PANDO_MQTT_MAX_PACKET: '2k' } },
)

scenario(
  'O-07 a device that does not read what it is sent costs bounded memory, and others go on',
  async (world) => {
    const [deaf, other] = [await world.connected(), await world.connected()]
    deaf.link.socket.pause()
    const pings = Buffer.alloc(2 * 500_000, Buffer.from('c000', 'hex'))
    const before = inUse()
    for (let i = 0; i < 40 && !deaf.link.socket.destroyed; i++) {
      deaf.raw(pings)
      await other.status({ light: [1, i] })
    }
    const grown = (inUse() - before) / 2 ** 20
    // what the device itself cannot get rid of lies in this process too
    const own = deaf.link.socket.writableLength / 2 ** 20
    assert.ok(grown - own < 64, `${grown.toFixed(0)} MB, ${own.toFixed(0)} of them unsent`)
    await other.ping()
  },
  { shapes: ['direct'] },
)

scenario('O-06 a fleet comes back at once after a restart: all are in, with the tokens they have', async (world) => {
  const fleet: Device[] = []
  for (let i = 0; i < 150; i++) fleet.push(await world.device({ dialect: (['binary', 'user', 'mqtt5'] as const)[i % 3]! }))
  await Promise.all(fleet.map((d) => d.connect()))
  await world.restart()
  await Promise.all(fleet.map((d) => d.comeBack()))
  await Promise.all(fleet.map((d, i) => d.status({ light: [1, i] })))
  assert.equal((await world.peers.devicemanager.online({})).count, fleet.length)
})
