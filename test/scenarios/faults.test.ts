/** Hard cases F-12, F-14, F-17 and O-01: what networks and systems do to a server. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { cpuOf, memoryOf, openFiles } from '../world/fds.ts'
import { RawLink } from '../world/rawlink.ts'
import { type Device, scenario, sleep, until, type World } from '../world.ts'

function idle(world: World): Socket {
  const { hostname, port } = new URL(world.listen['mqttaccess']!)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  return socket
}

scenario(
  'F-12 no file descriptors left (ulimit -n 64): who is in stays, the process idles, and it accepts again when some are free',
  async (world) => {
    const device = await world.connected()
    const other = await world.device()
    const sockets = Array.from({ length: 200 }, () => idle(world))
    await sleep(300)
    assert.ok(openFiles(world.running.pid) >= 60, `${openFiles(world.running.pid)} open`)
    await device.status({ light: [1, 2] })
    const before = cpuOf(world.running.pid)
    await sleep(1000)
    const used = cpuOf(world.running.pid) - before
    assert.ok(used < 500, `${used} ms of CPU in a second of nothing`)
    await device.ping()
    for (const s of sockets) s.destroy()
    await other.comeBack()
    await other.status({ light: [3, 4] })
    assert.equal(await world.stop(), 0)
  },
  { shapes: ['process'], shell: 'ulimit -n 64', env: { PANDO_MQTT_CONNECT_TIMEOUT: '60s' } },
)

scenario('F-14 one octet a segment, everything in one segment, half a close: the same as ordinary delivery', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  const latest = async () => (await app.get(`/devices/${device.identifier}/status/latest`)).data
  const { link } = device
  const publish = (id: number, n: number) => {
    const frame = device.statusFrame({ light: [n % 256, n] })
    return Buffer.concat([Buffer.from([0x32, 5 + frame.length, 0, 1, 0x73, id >> 8, id & 255]), frame])
  }
  for (const octet of publish(1, 1)) {
    link.raw(Uint8Array.of(octet))
    await new Promise((done) => setImmediate(done))
  }
  await link.next('puback', 5000, (p) => p.packetId === 1)
  assert.deepEqual(await latest(), { light: [1, 1] })

  const joined = Array.from({ length: 1400 }, (_, i) => publish(i + 2, i + 2))
  link.raw(Buffer.concat(joined))
  for (let id = 2; id < 1402; id++) await link.next('puback', 5000, (p) => p.packetId === id)
  assert.deepEqual(await latest(), { light: [1401 % 256, 1401] })

  link.raw(publish(2000, 2000))
  link.socket.end()
  await link.closed
  await until('the last value', async () => JSON.stringify(await latest()) === '{"light":[208,2000]}')
  await world.told(device, 'offline', 'closed_by_peer')
})

scenario('F-14 RST in the middle of a packet: what was whole counts, the rest does not', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  await device.status({ light: [1, 1] })
  const frame = device.statusFrame({ light: [2, 2] })
  device.raw(Buffer.concat([Buffer.from([0x32, 5 + frame.length, 0, 1, 0x73, 0, 9]), frame.subarray(0, 20)]))
  await device.drop(true)
  await world.told(device, 'offline', 'peer_error').catch(() => world.told(device, 'offline', 'closed_by_peer'))
  assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [1, 1] })
  await device.connect()
  await device.status({ light: [3, 3] })
})

/** Ways to come and go at once. */
const races: ((world: World, d: Device) => Promise<void>)[] = [
  async (world, d) => {
    const link = await RawLink.open(world.listen['mqttaccess']!)
    link.send(helloOf(d))
    link.send('c000')
    link.socket.resetAndDestroy()
  },
  async (world, d) => {
    const link = await RawLink.open(world.listen['mqttaccess']!)
    link.send(Buffer.concat([helloOf(d), Buffer.from('321e0001730001', 'hex'), Buffer.alloc(25)]))
    link.socket.resetAndDestroy()
  },
  async (world) => {
    const link = await RawLink.open(world.listen['mqttaccess']!)
    link.send('100f00044d5154540402001e000361626300')
    await link.drop()
  },
  async (world) => void (await RawLink.open(world.listen['mqttaccess']!)).socket.resetAndDestroy(),
]

function helloOf(d: Device): Buffer {
  const part = (s: string) => Buffer.concat([Buffer.from([0, s.length]), Buffer.from(s)])
  const body = Buffer.concat([part('MQTT'), Buffer.from([4, 0x42, 0, 30]), part(d.clientId), part(d.token)])
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}

scenario(
  'F-17 a thousand connections that break at once: no crash, no file descriptor stays, nobody stays online',
  async (world) => {
    const device = await world.device()
    const before = openFiles(world.running.pid)
    for (let round = 0; round < 25; round++) {
      await Promise.all(Array.from({ length: 40 }, (_, i) => races[i % races.length]!(world, device).catch(() => {})))
    }
    await until('all descriptors back', () => openFiles(world.running.pid) <= before + 5)
    await until('nobody online', async () => (await world.peers.devicemanager.online({})).count === 0)
    await device.connect()
    await device.status({ light: [1, 2] })
  },
)

scenario(
  'O-01 silent sockets are gone in time and cost little; meanwhile a device comes in',
  async (world) => {
    const device = await world.device()
    await device.connect()
    await device.disconnect()
    const memory = memoryOf(world.running.pid)
    const count = 1500
    const sockets = Array.from({ length: count }, () => idle(world))
    await Promise.all(sockets.map((s) => new Promise((done) => s.once('connect', done))))
    const waits: number[] = []
    for (let i = 0; i < 20; i++) {
      const began = performance.now()
      await device.connect()
      waits.push(performance.now() - began)
      await device.disconnect()
    }
    const each = (memoryOf(world.running.pid) - memory) / count
    await until('all silent sockets closed', () => sockets.every((s) => s.readableEnded || s.destroyed), 10_000)
    for (const s of sockets) s.destroy()
    assert.ok(each < 32 << 10, `${Math.round(each)} octets a silent socket`)
    assert.ok(waits.sort((a, b) => a - b)[10]! < 500, `a device waited ${waits[10]} ms`)
  },
  { shapes: ['process'], env: { PANDO_MQTT_CONNECT_TIMEOUT: '3s' } },
)
