/** One connection a device: takeover, the end of sessions, and what the diary says of them. */
import assert from 'node:assert/strict'
import { type Device, Refused, scenario, sleep, until, within } from '../world.ts'

// MQTT-12
scenario('takeover: the second connection closes the first; exactly one is live; the diary says taken_over', async (world) => {
  const first = await world.connected()
  const second = twin(first)
  const { link } = first
  await second.connect()
  await within(2000, 'end of the first session', () => link.closed)
  await second.status({ light: [1, 2] })
  await world.told(first, 'offline', 'taken_over')
  assert.equal((await world.peers.devicemanager.online({})).count, 1)
  const app = await world.application()
  const [command, answer] = await Promise.all([
    second.expectCommand(),
    app.post(`/devices/${first.identifier}/commands`, { ping: [] }),
  ])
  assert.deepEqual([command.name, answer.code], ['ping', 0])
})

scenario('takeover: MQTT 5 is told 0x8E', async (world) => {
  const first = await world.connected({ dialect: 'mqtt5' })
  const { link } = first
  await twin(first).connect()
  assert.equal((await link.next('disconnect')).reason, 0x8e)
})

// MQTT-12
scenario('takeover F-06: of ten connects at once exactly one stays', async (world) => {
  const device = await world.device()
  const twins = Array.from({ length: 10 }, () => twin(device))
  await Promise.all(twins.map((t) => t.connect().catch((e: unknown) => assert.ok(e instanceof Refused))))
  const live = () => twins.filter((t) => t.link.ended === undefined)
  await until('one live session', () => live().length === 1)
  await sleep(100)
  const [winner, ...more] = live()
  assert.equal(more.length, 0)
  await winner!.status({ light: [1, 2] })
  assert.equal((await world.peers.devicemanager.online({})).count, 1)
})

// MQTT-13
scenario('takeover: what the first session had sent is recorded before the second is let in', async (world) => {
  const app = await world.application()
  const first = await world.connected()
  const second = twin(first)
  for (let i = 0; i < 50; i++) void first.status({ light: [1, i] }, { qos: 0 })
  await second.connect()
  await second.status({ light: [2, 0] })
  const { data } = await app.get(`/devices/${first.identifier}/status/latest`)
  assert.deepEqual(data, { light: [2, 0] })
})

// DIARY-1
scenario('the diary tells registration, login, online, and how it ended', async (world) => {
  const device = await world.connected()
  await world.told(device, 'online')
  await device.disconnect()
  await world.told(device, 'offline', 'disconnected')
  await device.connect()
  await device.drop()
  await world.told(device, 'offline', 'closed_by_peer')
  await device.connect()
  device.raw('0000')
  const entry = await world.told(device, 'offline', 'protocol_error')
  assert.match(String(entry.params['detail']), /packet type 0/)
  const kinds = (await world.peers.controller.diary({ deviceId: device.id })).items.map((e) => e.cause ?? e.kind)
  assert.deepEqual(kinds.toReversed().slice(0, 3), ['registered', 'logged_in', 'online'])
  const [online] = (await world.peers.controller.diary({ deviceId: device.id })).items.filter((e) => e.kind === 'online')
  assert.equal(online!.params['protocol'], 'mqtt')
  assert.match(String(online!.params['address']), /^127\.0\.0\.1:\d+$/)
  assert.ok(!JSON.stringify(await world.peers.controller.diary({ deviceId: device.id })).includes(device.token))
})

// HOOK-2
scenario('online and offline webhooks go to applications that ask for them', async (world) => {
  await world.application({ tags: ['online', 'offline'], hook: '/presence' })
  await world.application({ hook: '/old' })
  const device = await world.connected()
  await device.disconnect()
  await until('two webhooks', () => world.hooks.hooks.length === 2)
  await sleep(50)
  assert.deepEqual(
    world.hooks.hooks.map((h) => [h.path, h.json.tag]),
    [
      ['/presence', 'online'],
      ['/presence', 'offline'],
    ],
  )
})

/** The same device once more, as after a reset: same identity, same token. */
function twin(d: Device): Device {
  return Object.assign(Object.create(Object.getPrototypeOf(d)), d) as Device
}
