import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { decodeStatus, encodeEvent, encodeStatus } from 'pando'
import { startCloud } from 'pando/testing'
import tcp from './index.js'
import { Messages, message } from './messages.js'

const UINT8 = 7
const config = {
  objects: [{ no: 1, label: 'light', part: 1, status: [{ value_type: UINT8, name: 'level' }] }],
  events: [{ no: 6, name: 'pressed', part: 1, priority: 0, params: [] }],
}
/** @param {number} level */
const status = (level) =>
  encodeStatus({ timestamp: 0, properties: [{ subDevice: 1, object: 1, types: [UINT8], values: [level] }] })
const pressed = encodeEvent({ no: 6, subDevice: 1, priority: 0, types: [], values: [] })

/** @param {string} url */
function device(url) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const messages = new Messages()
  /** @type {{ letter: string, body: Buffer }[]} */
  const got = []
  socket.on('error', () => {})
  socket.on('data', (/** @type {Buffer} */ bytes) =>
    messages.read(bytes, 1 << 20, (letter, body) => {
      got.push({ letter, body: Buffer.from(body) })
      socket.emit('told')
      return true
    }),
  )
  return {
    socket,
    /** @param {Parameters<typeof message>} said */
    say: (...said) => socket.write(message(...said)),
    async next() {
      while (got.length === 0) await once(socket, 'told', { signal: AbortSignal.timeout(10_000) })
      return /** @type {{ letter: string, body: Buffer }} */ (got.shift())
    },
  }
}

/** @param {import('node:test').TestContext} t @param {Record<string, string>} [env] */
async function world(t, env = {}) {
  const cloud = await startCloud({ plugins: [tcp], env: { PANDO_TCP_LISTEN: '127.0.0.1:0', ...env } })
  t.after(() => cloud.stop())
  const { registry, devicemanager } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({
    vendorId: vendor.id,
    name: 'lamp',
    description: '',
    config: JSON.stringify(config),
  })
  const { device: registered, secret } = await registry.registerDevice({ productKey: product.key, code: 'lamp-1', version: '1' })
  const { id } = registered
  const { token } = await devicemanager.login({ deviceId: id, secret })
  const hello = `${id.toString(16)} ${token}`
  const url = /** @type {string} */ (cloud.listen['tcpaccess'])
  /** @type {ReturnType<typeof device>[]} */
  const all = []
  t.after(() => {
    for (const d of all) d.socket.destroy()
  })
  const link = () => {
    const d = device(url)
    all.push(d)
    return d
  }
  const enter = async () => {
    const d = link()
    d.say('H', hello)
    assert.equal((await d.next()).letter, 'W')
    return d
  }
  return { cloud, id, hello, link, enter }
}

test('a device comes in, reports, and each message is confirmed when it is safe', async (t) => {
  const { cloud, id, enter } = await world(t)
  const d = await enter()
  d.say('S', status(7), 1)
  d.say('E', pressed, 2)
  const answers = [await d.next(), await d.next()]
  assert.deepEqual(
    answers.map((a) => [a.letter, a.body.readUInt16BE(0)]),
    [
      ['A', 1],
      ['A', 2],
    ],
  )
  assert.deepEqual(JSON.parse((await cloud.peers.controller.latest({ deviceId: id })).json), { light: [7] })
  // what is no frame is kept, and the device is told
  d.say('S', 'no frame', 3)
  const { letter, body } = await d.next()
  assert.deepEqual([letter, body.readUInt16BE(0)], ['X', 3])
  d.say('P')
  assert.equal((await d.next()).letter, 'P')
})

test('values to set reach the device, and its acknowledgement answers the caller', async (t) => {
  const { cloud, id, enter } = await world(t)
  const d = await enter()
  const set = cloud.peers.controller.setStatus({ deviceId: id, body: '{"light":[50]}', timeout: 5000 })
  const { letter, body } = await d.next()
  assert.equal(letter, 'U')
  assert.deepEqual(decodeStatus(body.subarray(2)).properties[0]?.values, [50])
  d.say('A', '', body.readUInt16BE(0))
  assert.equal((await set).state, 'delivered')
})

test('a token that is wrong or revoked, a second connection, and what breaks the protocol end sessions, and say why', async (t) => {
  const { cloud, id, enter, hello, link } = await world(t)
  /** @param {ReturnType<typeof device>} d */
  const end = async (d) => {
    const { letter, body } = await d.next()
    return [letter, body.toString()]
  }
  const wrong = link()
  wrong.say('H', `${hello.slice(0, -4)}0000`)
  assert.equal((await end(wrong))[0], 'B')
  const rude = link()
  rude.say('S', status(1), 1)
  assert.deepEqual(await end(rude), ['B', 'protocol_error'])
  const huge = link()
  huge.socket.write(Buffer.from([255, 255, 255, 255]))
  assert.deepEqual(await end(huge), ['B', 'packet_too_large'])
  const first = await enter()
  const second = await enter()
  assert.deepEqual(await end(first), ['B', 'taken_over'])
  await cloud.peers.registry.revokeTokens({ deviceId: id })
  assert.deepEqual(await end(second), ['B', 'token_revoked'])
})

test('it is online by the protocol of the plugin, and its diary says why it went', async (t) => {
  const { cloud, id, enter } = await world(t)
  const d = await enter()
  const { items } = await cloud.peers.devicemanager.routes({ devices: [id] })
  assert.equal(items[0]?.protocol, 'tcp')
  d.socket.destroy()
  for (let tries = 0; tries < 1000; tries++) {
    const { items: diary } = await cloud.peers.controller.diary({ deviceId: id })
    if (diary.some((e) => e.kind === 'offline' && e.cause === 'closed_by_peer')) return
    await new Promise((done) => setTimeout(done, 10))
  }
  assert.fail('it never went offline')
})
