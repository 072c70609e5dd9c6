/** Hard cases B-03 to B-07 over real sockets: what is refused, how, and that nothing of it is processed. */
import assert from 'node:assert/strict'
import type { Connect } from '#access/mqttaccess/packet/packets.ts'
import { inUse } from '../support/memory.ts'
import { RawLink } from '../world/rawlink.ts'
import { type Device, Refused, scenario, sleep, type World } from '../world.ts'

const soon = { PANDO_MQTT_CONNECT_TIMEOUT: '1s' }
const SECOND = 1000

scenario(
  'B-03 a first packet that is no CONNECT and announces 256 MB: closed at once, nothing is kept for it',
  async (world) => {
    const link = await RawLink.open(world.listen['mqttaccess']!)
    link.send('30ffffff7f')
    assert.ok(await link.isClosedWithin(SECOND))
    const before = inUse()
    const links = await Promise.all(Array.from({ length: 50 }, () => RawLink.open(world.listen['mqttaccess']!)))
    for (const l of links) l.send('10ff1f')
    await sleep(100)
    const grown = inUse() - before
    assert.ok(grown < 50 * (64 << 10), `${grown} bytes for 50 connections`)
    for (const l of links) await l.drop()
  },
  { shapes: ['direct'] },
)

scenario(
  'B-03 a CONNECT that drips in octet by octet is closed in time, however often something comes',
  async (world) => {
    const device = await world.device()
    const link = await RawLink.open(world.listen['mqttaccess']!)
    const hello = Buffer.from(`10340004${Buffer.from('MQTT').toString('hex')}04c2001e0001`, 'hex')
    const began = performance.now()
    for (let i = 0; !link.closed && performance.now() - began < 8 * SECOND; i++) {
      link.send(hello.subarray(i % hello.length, (i % hello.length) + 1))
      await sleep(100)
    }
    assert.ok(link.closed)
    await device.connect()
  },
  { env: soon },
)

scenario('B-04 packets before CONNECT close the connection, and nothing of them is processed', async (world) => {
  const app = await world.application()
  const device = await world.device()
  const status = device.statusFrame({ light: [1, 2] })
  const event = device.eventFrame('alarm', ['spoofed'])
  const publish = (topic: string, payload: Uint8Array) =>
    Buffer.concat([Buffer.from([0x32, 5 + payload.length, 0, 1, topic.charCodeAt(0), 0, 5]), payload])
  const first = [
    publish('s', status),
    publish('e', event),
    '8206000100016301',
    'a2050001000163',
    'c000',
    '40020001',
    '62020001',
    'e000',
    'f000',
  ]
  for (const packet of first) {
    const link = await RawLink.open(world.listen['mqttaccess']!)
    link.send(packet)
    assert.ok(await link.isClosedWithin(SECOND), String(packet))
    assert.equal(link.packets.length, 0)
  }
  assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, {})
  assert.equal(world.hooks.hooks.length, 0)
})

scenario(
  'B-04 a second CONNECT, and packets that only servers send, close the session; what came before counts',
  async (world) => {
    const device = await world.device()
    const app = await world.application()
    const wrong = ['20020000', '9003000101', 'b0020001', 'd000', '50020001', '70020001', 'f000', '0000']
    for (const [n, packet] of [...wrong, undefined].entries()) {
      await device.connect()
      const { link } = device
      await device.status({ light: [n, 0] })
      if (packet === undefined) link.send(device.hello())
      else link.raw(packet)
      await link.closed
      const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
      assert.deepEqual(data, { light: [n, 0] }, packet)
      await world.told(device, 'offline', 'protocol_error')
    }
  },
)

type Five = [what: string, act: (d: Device) => void, reason: number]

/** MQTT 5: what is sent in a session, and the reason of the DISCONNECT. */
async function disconnects(world: World, cases: readonly Five[]): Promise<void> {
  const device = await world.device({ dialect: 'mqtt5' })
  for (const [what, act, reason] of cases) {
    await device.connect()
    act(device)
    const got = await device.link.next('disconnect')
    assert.equal(got.reason, reason, what)
    await device.link.closed
  }
}

const utf8 = (s: string | Buffer) => {
  const b = Buffer.from(s as string)
  return Buffer.concat([Buffer.from([b.length >> 8, b.length & 255]), b])
}
const varint = (n: number) => {
  const out: number[] = []
  for (; n > 127; n >>= 7) out.push((n & 127) | 128)
  return Buffer.from([...out, n])
}
const packet = (first: number, ...parts: (Buffer | number[])[]) => {
  const body = Buffer.concat(parts.map((p) => Buffer.from(p as number[])))
  return Buffer.concat([Buffer.from([first]), varint(body.length), body])
}
/** PUBLISH QoS 1 of MQTT 5. */
const publish5 = (topic: string | Buffer, properties: Buffer = Buffer.alloc(0), payload = Buffer.alloc(25)) =>
  packet(0x32, utf8(topic as string), [0, 1], varint(properties.length), properties, payload)
const subscribe5 = (...filters: (string | Buffer)[]) =>
  packet(0x82, [0, 1, 0], ...filters.flatMap((f) => [utf8(f as string), Buffer.from([1])]))
const userProperties = (n: number) =>
  Buffer.concat(Array.from({ length: n }, () => Buffer.concat([Buffer.from([0x26]), utf8('k'), utf8('v')])))

scenario('B-05 limits of what one packet may hold: a defined refusal', (world) =>
  disconnects(world, [
    ['10 000 user properties', (d) => d.raw(publish5('s', userProperties(9000))), 0x97],
    ['a topic of 5000 octets', (d) => d.raw(publish5('t'.repeat(5000))), 0x97],
    ['a topic of 1000 levels', (d) => d.raw(publish5('/'.repeat(1000))), 0x97],
    ['300 filters in a SUBSCRIBE', (d) => d.raw(subscribe5(...Array.from({ length: 300 }, (_, i) => `f${i}`))), 0x97],
    ['a packet above the limit', (d) => d.raw(publish5('s', undefined, Buffer.alloc(65_536))), 0x95],
    ['a packet that only announces it', (d) => d.raw('32ffffff7f'), 0x95],
  ]),
)

scenario('B-05 limits: a client id, a user name and a will that are too long are refused before login', async (world) => {
  const device = await world.device()
  const long = 'x'.repeat(3900)
  const will = { topic: 's', payload: Buffer.alloc(5000), qos: 0 as const, retain: false }
  for (const change of [{ clientId: long }, { username: 'x'.repeat(65_000) }, { will }] satisfies Partial<Connect>[]) {
    await assert.rejects(device.connect(change), Refused)
  }
  await device.connect()
})

scenario('B-06 UTF-8 that is none is malformed; a BOM is a character like others', async (world) => {
  const wrong: [string, string][] = [
    ['overlong', 'c0af'],
    ['a surrogate', 'eda080'],
    ['U+0000', '00'],
    ['beyond U+10FFFF', 'f4908080'],
    ['cut short', 'e282'],
    ['a lone continuation', '80'],
    ['U+FFFF', 'efbfbf'],
  ]
  await disconnects(
    world,
    wrong.map(([what, hex]) => [what, (d) => d.raw(publish5(Buffer.from(hex, 'hex'))), 0x81]),
  )
  const device = await world.device({ dialect: 'mqtt5' })
  await device.connect({ username: '\ufeffname' })
  await device.publish('\ufeff', Buffer.alloc(25))
  await device.ping()
})

// where the standard leaves the choice of the reason, it is mosquitto's (hard case B-01)
scenario('B-07 topics and filters that are none', async (world) => {
  const alias = (n: number) => Buffer.from([0x23, n >> 8, n & 255])
  await disconnects(world, [
    ['publish to a wildcard +', (d) => d.raw(publish5('a/+')), 0x81],
    ['publish to a wildcard #', (d) => d.raw(publish5('#')), 0x81],
    ['no topic and no alias', (d) => d.raw(publish5('')), 0x81],
    ['alias 0', (d) => d.raw(publish5('s', alias(0))), 0x94],
    ['alias over the maximum', (d) => d.raw(publish5('s', alias(1))), 0x94],
    ['an unknown alias', (d) => d.raw(publish5('', alias(7))), 0x94],
    ['# in the middle', (d) => d.raw(subscribe5('a/#/b')), 0x81],
    ['+ beside a letter', (d) => d.raw(subscribe5('+a')), 0x81],
    ['an empty filter', (d) => d.raw(subscribe5('')), 0x81],
    ['no filter at all', (d) => d.raw(subscribe5()), 0x81],
    ['a share without a name', (d) => d.raw(subscribe5('$share//t')), 0x81],
    ['a share with a wildcard name', (d) => d.raw(subscribe5('$share/+/t')), 0x81],
    ['a retained message', (d) => d.raw(Buffer.concat([Buffer.from([0x33]), publish5('s').subarray(1)])), 0x9a],
    ['QoS 3', (d) => d.raw(Buffer.concat([Buffer.from([0x36]), publish5('s').subarray(1)])), 0x81],
    ['packet id 0', (d) => d.raw(packet(0x32, utf8('s'), [0, 0, 0], Buffer.alloc(25))), 0x82],
  ])
})

scenario('S-04 filters of others are not granted', async (world) => {
  const device = await world.connected({ dialect: 'mqtt5' })
  const filters = ['+/#', '$SYS/#', '/c', 'C', 'c/', '$share/g/c', '%63', 'ｃ']
  device.raw(subscribe5(...filters))
  const { reasons } = await device.link.next('suback')
  assert.equal(reasons.length, filters.length)
  for (const [i, reason] of reasons.entries()) assert.ok(reason >= 0x80, `${filters[i]}: ${reason}`)
})
