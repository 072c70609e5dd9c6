/** MQTT over WebSocket: where it is, who may open it, what is refused, and that limits and records are those of TCP. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'
import { ask } from '../fakes/http.ts'
import { inUse } from '../support/memory.ts'
import { type Device, needsOneProcess, scenario, sleep, until, type World, within } from '../world.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const asked = (more: Record<string, string> = {}) => ({
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Protocol': 'mqtt',
  ...more,
})

const urlOf = (world: World) => world.listen['mqttaccessWs']!
const httpOf = (world: World) => urlOf(world).replace('ws:', 'http:').replace('/mqtt', '')

// WS-1
scenario(
  'WS-1 it is on the server of the API for applications, or on a listener of its own',
  async (world) => {
    const { host } = new URL(urlOf(world))
    if (!needsOneProcess.skip) assert.equal(host, new URL(world.listen['apiprovider']!).host)
    const client = await opened(urlOf(world), 'mqttv3.1')
    assert.equal(client.protocol, 'mqttv3.1')
    client.terminate()
  },
  { shapes: ['direct'] },
)
scenario(
  'WS-1 a listener of its own serves nothing else',
  async (world) => {
    assert.notEqual(new URL(urlOf(world)).host, new URL(world.listen['apiprovider']!).host)
    const client = await opened(urlOf(world))
    client.terminate()
    assert.equal((await ask(httpOf(world), { path: '/application/v1/device/info' })).status, 404)
    const there = await handshakeStatus(world.listen['apiprovider']!, asked())
    assert.equal(there, 404)
  },
  { shapes: ['direct'], env: { PANDO_MQTTACCESS_WS_LISTEN: '127.0.0.1:0' } },
)

// WS-3, B-13
scenario(
  'WS-3 B-13 a request that is none is refused with what is wrong',
  async (world) => {
    const base = httpOf(world)
    const cases: [number, Record<string, string>, string?][] = [
      [101, {}],
      [101, { 'Sec-WebSocket-Protocol': 'chat, mqtt' }],
      [400, { 'Sec-WebSocket-Protocol': 'chat' }],
      [400, { 'Sec-WebSocket-Protocol': '' }],
      [400, { 'Sec-WebSocket-Key': 'short' }],
      [426, { 'Sec-WebSocket-Version': '8' }],
      [404, {}, '/mqttx'],
      [101, { Origin: base }],
      [403, { Origin: 'https://elsewhere.example' }],
      [403, { Origin: 'null' }],
      [101, { Origin: 'https://pages.example' }],
    ]
    for (const [status, headers, path] of cases)
      assert.equal(await handshakeStatus(base, asked(headers), path), status, JSON.stringify(headers))
    assert.equal((await ask(base, { path: '/mqtt' })).status, 426)
  },
  { shapes: ['direct'], env: { PANDO_MQTTACCESS_WS_ORIGINS: 'https://pages.example' } },
)

// WS-2
scenario('WS-2 B-13 packets split and joined over frames are packets', async (world) => {
  const app = await world.application()
  const device = await world.device()
  const stream = Buffer.concat([hello(device), status(device, 1), status(device, 2), status(device, 3)])
  for (const size of [1, 7, stream.length]) {
    const client = await opened(urlOf(world))
    const acks = acksOf(client)
    for (let at = 0; at < stream.length; at += size)
      client.send(stream.subarray(at, at + size), { fin: at % 3 === 0 || at + size >= stream.length })
    await until(`acknowledgements, pieces of ${size}`, () => acks.length === 3)
    client.send(Buffer.from([0xe0, 0]))
    await new Promise((done) => client.once('close', done))
    await world.told(device, 'offline', 'disconnected')
  }
  const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
  assert.deepEqual((data as { light: number[] }).light, [1, 3])
  const { items } = await world.peers.controller.diary({ deviceId: device.id })
  assert.equal((items.find((e) => e.kind === 'online')!.params as { over?: string }).over, 'websocket')
})

scenario(
  'WS-2 B-13 text, no mask, a broken packet: the connection is closed with its code, and nothing of it counts',
  async (world) => {
    const device = await world.device()
    const text = await opened(urlOf(world))
    text.send(hello(device))
    await world.told(device, 'online')
    text.send('text')
    assert.equal(await closeCode(text), 1003)
    await world.told(device, 'offline', 'protocol_error')
    const unmasked = await opened(urlOf(world))
    unmasked.send(hello(device), { mask: false })
    assert.equal(await closeCode(unmasked), 1002)
    const first = await opened(urlOf(world))
    first.send(status(device, 1))
    assert.equal(await closeCode(first), 1000)
  },
  { shapes: ['direct'] },
)

// MQTT-11
scenario(
  'WS-2 B-03 before login 4 KiB at most are kept, whatever a frame announces; who stays silent is closed',
  async (world) => {
    const before = inUse()
    const sockets = await Promise.all(Array.from({ length: 50 }, () => rawUpgrade(world)))
    const announced = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])
    for (const s of sockets) s.write(Buffer.concat([announced, Buffer.alloc(2000, 0x11)]))
    await sleep(100)
    const grown = inUse() - before
    assert.ok(grown < 50 * (64 << 10), `${grown} bytes for 50 connections`)
    await within(8000, 'end of silent sockets', () =>
      Promise.all(sockets.map((s) => (s.destroyed ? undefined : new Promise((done) => s.once('close', done))))),
    )
  },
  { shapes: ['direct'], env: { PANDO_MQTT_CONNECT_TIMEOUT: '1s' } },
)

scenario('WS-2 pings are answered and keep nobody alive; a stop closes with 0x8B', async (world) => {
  const device = await world.device({ dialect: 'mqtt5' })
  const client = await opened(urlOf(world))
  client.send(hello(device))
  await world.told(device, 'online')
  const pong = new Promise((done) => client.once('pong', done))
  client.ping('a')
  assert.equal(String(await pong), 'a')
  const last = new Promise<Buffer>((done) => client.on('message', (m: Buffer) => m[0] === 0xe0 && done(m)))
  const closed = closeCode(client)
  await world.stop()
  assert.equal((await last)[2], 0x8b)
  assert.equal(await closed, 1000)
  await world.start()
})

const hello = (d: Device) => Buffer.from(encodePacket(d.hello(), d.version))
function status(d: Device, n: number): Buffer {
  const payload = d.statusFrame({ light: [1, n] })
  return Buffer.from(
    encodePacket({ type: 'publish', topic: 's', payload, qos: 1, dup: false, retain: false, packetId: n }, d.version),
  )
}

async function opened(url: string, protocol = 'mqtt'): Promise<WebSocket> {
  const client = new WebSocket(url, protocol)
  client.on('error', () => {})
  await new Promise((done, failed) => {
    client.once('open', done)
    client.once('error', failed)
  })
  return client
}

/** PUBACKs that have come. */
function acksOf(client: WebSocket): number[] {
  const ids: number[] = []
  client.on('message', (m: Buffer) => {
    for (let at = 0; at < m.length; at += 2 + m[at + 1]!) if (m[at] === 0x40) ids.push(m.readUInt16BE(at + 2))
  })
  return ids
}

const closeCode = (client: WebSocket): Promise<number> =>
  within(5000, 'end of the WebSocket', () => new Promise((done) => client.once('close', done)))

function handshakeStatus(base: string, headers: Record<string, string>, path = '/mqtt'): Promise<number> {
  const { hostname, port, host } = new URL(base)
  const socket = connect({ host: hostname, port: Number(port) })
  const lines = Object.entries({ Host: host, ...headers }).map(([k, v]) => `${k}: ${v}`)
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  return new Promise((done, failed) => {
    socket.once('error', failed)
    socket.once('data', (b: Buffer) => {
      socket.destroy()
      done(Number(b.toString().split(' ')[1]))
    })
  })
}

async function rawUpgrade(world: World): Promise<import('node:net').Socket> {
  const { hostname, port, host } = new URL(urlOf(world))
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => {})
  const lines = Object.entries({ Host: host, ...asked() }).map(([k, v]) => `${k}: ${v}`)
  socket.write(`GET /mqtt HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  await new Promise((done) => socket.once('data', done))
  return socket
}
