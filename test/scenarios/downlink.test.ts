/** The way down: QoS 1, in order, again with DUP after a reconnect; what applications are told. */
import assert from 'node:assert/strict'
import { scenario, sleep } from '../world.ts'

// MQTT-19
scenario(
  'F-15 the device drops between command and PUBACK: sent again with DUP, once, and REST tells the truth',
  async (world) => {
    const app = await world.application()
    const device = await world.device()
    device.acks = false
    await device.connect({ clean: false })
    const answer = app.post(`/devices/${device.identifier}/commands?timeout=10`, { switch: [1, 2] })
    const first = await device.expectCommand()
    assert.equal(first.publish.dup, false)
    await device.drop(true)
    const { sessionPresent } = await device.connect({ clean: false })
    assert.equal(sessionPresent, true)
    const again = await device.expectCommand()
    assert.deepEqual([again.publish.dup, again.publish.packetId, again.values], [true, first.publish.packetId, [1, 2]])
    device.ack(again.publish)
    assert.equal((await answer).code, 0)
    await device.ping()
    assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish' && p.packet.qos === 1).length, 0)
  },
)

// MQTT-24
scenario(
  'F-15 with a clean session a command that is on its way comes again, and no session is said to be present',
  async (world) => {
    const app = await world.application()
    const device = await world.device()
    device.acks = false
    await device.connect({ clean: true })
    const answer = app.post(`/devices/${device.identifier}/commands?timeout=10`, { switch: [1, 2] })
    await device.expectCommand()
    await device.drop()
    device.acks = true
    assert.equal((await device.connect({ clean: true })).sessionPresent, false)
    assert.deepEqual((await device.expectCommand()).values, [1, 2])
    assert.equal((await answer).code, 0)
  },
)

scenario('F-15 a device that does not come back: REST answers the time-out, and nothing is sent afterwards', async (world) => {
  const app = await world.application()
  const device = await world.device()
  device.acks = false
  await device.connect()
  const answer = app.post(`/devices/${device.identifier}/commands?timeout=1`, { switch: [1, 2] })
  await device.expectCommand()
  await device.drop()
  assert.notEqual((await answer).code, 0)
  await device.connect()
  await device.ping()
  assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish' && p.packet.qos === 1).length, 0)
})

scenario('down: a hundred commands arrive once each, under ids from 1 on', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  const answers = []
  for (let n = 0; n < 100; n++) {
    answers.push(app.post(`/devices/${device.identifier}/commands`, { switch: [n, 0] }))
    if (n % 10 === 9) await Promise.all(answers)
  }
  assert.deepEqual([...new Set((await Promise.all(answers)).map((a) => a.code))], [0])
  const values: number[] = []
  const ids: number[] = []
  for (let n = 0; n < 100; n++) {
    const command = await device.expectCommand()
    values.push(Number(command.values[0]))
    ids.push(command.publish.packetId)
  }
  assert.deepEqual(new Set(values), new Set(Array.from({ length: 100 }, (_, n) => n)))
  assert.deepEqual(
    ids,
    Array.from({ length: 100 }, (_, n) => n + 1),
  )
})

scenario('down: MQTT 5 gets no more than its Receive Maximum, and no packet above its maximum size', async (world) => {
  const app = await world.application()
  const device = await world.device({ dialect: 'mqtt5' })
  device.acks = false
  await device.connect({ properties: { receiveMaximum: 2, maximumPacketSize: 100 } })
  const path = `/devices/${device.identifier}/commands`
  const calls = [1, 2, 3].map((n) => app.post(path, { switch: [n, 0] }))
  const first = await device.expectCommand()
  await device.expectCommand()
  await device.ping()
  assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish' && p.packet.qos === 1).length, 0)
  device.ack(first.publish)
  await device.expectCommand()
  const large = await app.post(path, { say: ['x'.repeat(100)] })
  assert.deepEqual([large.code, /100/.test(large.message)], [10005, true])
  device.acks = true
  await device.drop()
  await device.connect()
  await Promise.all(calls)
})

scenario('down: MQTT 5 may refuse a command by the reason of its PUBACK', async (world) => {
  const app = await world.application()
  const device = await world.device({ dialect: 'mqtt5' })
  device.acks = false
  await device.connect()
  const answer = app.post(`/devices/${device.identifier}/commands`, { ping: [] })
  const { publish } = await device.expectCommand()
  device.link.send({ type: 'puback', packetId: publish.packetId, reason: 0x83 })
  assert.notEqual((await answer).code, 0)
})

scenario(
  'F-16 many GET status/current at once, of one device and of many: all answered, a device is not asked for each',
  async (world) => {
    const app = await world.application()
    const devices = []
    for (let i = 0; i < 10; i++) {
      const device = await world.connected({ dialect: i % 2 ? 'binary' : 'user' })
      let questions = 0
      device.link.onPacket = ({ packet }) => {
        if (packet.type !== 'publish' || packet.qos === 0) return false
        questions++
        device.ack(packet)
        void sleep(400).then(() => device.status({ light: [1, i] }))
        return true
      }
      devices.push({ device, questions: () => questions })
    }
    const asked = devices.flatMap(({ device }) =>
      Array.from({ length: 10 }, () => app.get(`/devices/${device.identifier}/status/current`)),
    )
    const answers = await Promise.all(asked)
    assert.deepEqual(
      answers.map((a) => a.data),
      devices.flatMap((_, i) => Array.from({ length: 10 }, () => ({ light: [1, i] }))),
    )
    // a call that comes when the answer is there already asks again
    assert.ok(
      devices.every((d) => d.questions() <= 2),
      devices.map((d) => d.questions()).join(),
    )
  },
)
