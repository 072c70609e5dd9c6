/**
 * Binary firmware (docs/device-protocol.md §3): known by a CONNECT without user name. It reads one packet a segment, needs a few ms between
 * two, and no packet above 1024 octets; acknowledgements count too.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { decodeCommand } from '#protocol/frames.ts'
import { clock, packetText } from '../replay/packettext.ts'
import { isClock } from '../world/device.ts'
import { type Device, scenario, sleep, until, type World } from '../world.ts'

const PACE_MS = 3
/** A timer of the receiving side may fire so much late that the distance measured is shorter than the one kept. */
const JITTER_MS = 1.5

const byText = (a: string, b: string) => (a < b ? -1 : 1)

/** One read of the socket: when it came, and the packets in it. */
interface Read {
  at: number
  packets: Buffer[]
}

/** What a naive firmware sees, until `packets` have come behind CONNACK. */
async function reads(
  world: World,
  device: Device,
  write: (send: (b: Uint8Array) => void) => void,
  packets: number,
): Promise<Read[]> {
  const { hostname, port } = new URL(world.listen['mqttaccess']!)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const got: Read[] = []
  socket.on('data', (bytes) => got.push({ at: performance.now(), packets: packetsIn(bytes) }))
  await new Promise((done) => socket.once('connect', done))
  socket.write(helloOf(device))
  await until('CONNACK', () => got.length > 0)
  write((b) => socket.write(b))
  await until('all packets', () => got.flatMap((r) => r.packets).length >= packets + 1, 10_000)
  await sleep(20)
  socket.destroy()
  return got
}

/** Packets of less than 128 octets, whole. */
function packetsIn(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) found.push(bytes.subarray(at, at + 2 + bytes[at + 1]!))
  return found
}

function helloOf(d: Device): Buffer {
  const id = Buffer.from(d.clientId)
  const part = (b: Buffer) => Buffer.concat([Buffer.from([b.length >> 8, b.length & 255]), b])
  const body = Buffer.concat([part(Buffer.from('MQTT')), Buffer.from([4, 0x42, 0, 30]), part(id), part(Buffer.from(d.token))])
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}

function publishOf(d: Device, packetId: number, value: number): Buffer {
  const frame = d.statusFrame({ light: [1, value] })
  return Buffer.concat([Buffer.from([0x32, 5 + frame.length, 0, 1, 0x73, 0, packetId]), frame])
}

// PACE-1
scenario('pacing: 20 reports in one segment are acknowledged one packet a read, at least 3 ms apart', async (world) => {
  const device = await world.device({ dialect: 'binary' })
  const all = Buffer.concat(Array.from({ length: 20 }, (_, i) => publishOf(device, i + 1, i)))
  const got = await reads(world, device, (send) => send(all), 20)
  assert.deepEqual(
    got.flatMap((r) => r.packets.map(packetText)),
    ['CONNACK 0x0', ...Array.from({ length: 20 }, (_, i) => `PUBACK ${i + 1}`)],
  )
  // a busy kernel may hand over two segments that came apart in one read, now and then
  assert.ok(got.filter((r) => r.packets.length > 1).length <= 2, 'packets share segments')
  const gaps = got.slice(1).map((r, i) => r.at - got[i]!.at)
  const short = gaps.filter((g) => g < PACE_MS - JITTER_MS)
  assert.ok(short.length <= 2, `gaps of ${short.map((g) => g.toFixed(2))} ms`)
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length
  assert.ok(mean >= PACE_MS, `on average ${mean.toFixed(2)} ms`)
})

// PACE-1
scenario('pacing: a command among acknowledgements and pings keeps its distance too', async (world) => {
  const app = await world.application()
  const device = await world.device({ dialect: 'binary' })
  const path = `/devices/${device.identifier}`
  let answered: Promise<unknown> | undefined
  const got = await reads(
    world,
    device,
    (send) => {
      send(
        Buffer.concat([publishOf(device, 1, 1), Buffer.from('c000', 'hex'), publishOf(device, 2, 2), Buffer.from('c000', 'hex')]),
      )
      answered = app.post(`${path}/commands?timeout=1`, { ping: [] })
    },
    5,
  )
  assert.deepEqual(got.flatMap((r) => r.packets.map((p) => packetText(p).split(' ')[0]!)).sort(byText), [
    'CONNACK',
    'PINGRESP',
    'PINGRESP',
    'PUBACK',
    'PUBACK',
    'PUBLISH',
  ])
  assert.equal(got.flatMap((r) => r.packets).filter(clock).length, 0)
  await answered
})

// PACE-4
scenario('pacing: no clock (65531) for binary firmware; one for sessions with a user name and for MQTT 5', async (world) => {
  for (const [dialect, expected] of [
    ['binary', 0],
    ['user', 1],
    ['mqtt5', 1],
  ] as const) {
    const device = await world.connected({ dialect })
    await device.ping()
    const clocks = device.link.packets.flatMap(({ packet }) => (packet.type === 'publish' && isClock(packet) ? [packet] : []))
    assert.equal(clocks.length, expected, dialect)
    for (const c of clocks) {
      const [time] = decodeCommand(c.payload).values
      assert.ok(Math.abs(Number(time) - Date.now()) < 60_000, `${time}`)
    }
  }
})

// PACE-2
scenario('pacing: a frame for binary firmware is at most a packet of 1024 octets; to others it goes whole', async (world) => {
  const app = await world.application()
  const binary = await world.connected({ dialect: 'binary' })
  const user = await world.connected({ dialect: 'user' })
  // 33 octets of frame, 4 of the string's TLV, 8 of the packet
  const fits = 'x'.repeat(1024 - 8 - 33 - 4)
  const said = await Promise.all([binary.expectCommand(), app.post(`/devices/${binary.identifier}/commands`, { say: [fits] })])
  assert.deepEqual([said[0].values, said[1].code], [[fits], 0])
  const packets = binary.link.packets.length
  const refused = await app.post(`/devices/${binary.identifier}/commands`, { say: [`${fits}x`] })
  assert.equal(refused.code, 10005)
  assert.match(refused.message, /1024/)
  await binary.ping()
  assert.equal(binary.link.packets.length, packets)
  const whole = await Promise.all([user.expectCommand(), app.post(`/devices/${user.identifier}/commands`, { say: [`${fits}x`] })])
  assert.deepEqual([whole[0].values, whole[1].code], [[`${fits}x`], 0])
})

// PACE-3
scenario('pacing: one command at a time to binary firmware, the next when it has confirmed', async (world) => {
  const app = await world.application()
  const device = await world.device({ dialect: 'binary' })
  device.acks = false
  await device.connect()
  const path = `/devices/${device.identifier}/commands`
  const calls = [app.post(path, { switch: [1, 1] }), app.post(path, { switch: [2, 2] })]
  const first = await device.expectCommand()
  await device.ping()
  assert.equal(device.link.packets.filter((p) => p.packet.type === 'publish').length, 0)
  device.ack(first.publish)
  const second = await device.expectCommand()
  device.ack(second.publish)
  assert.deepEqual([first.values, second.values].sort(), [
    [1, 1],
    [2, 2],
  ])
  assert.deepEqual(
    (await Promise.all(calls)).map((a) => a.code),
    [0, 0],
  )
})
