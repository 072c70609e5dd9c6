import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseModel } from 'pando'
import { startCloud, testDevice } from 'pando/testing'
import plugin, { senml } from './index.js'

const [UINT8, FLOAT64, BOOL, BYTES, STRING] = [7, 1, 13, 11, 12]
const config = {
  codec: 'senml',
  objects: [
    {
      no: 1,
      label: 'light',
      part: 1,
      status: [
        { value_type: BOOL, name: 'on' },
        { value_type: UINT8, name: 'level' },
      ],
    },
    { no: 2, label: 'room', part: 1, status: [{ value_type: FLOAT64, name: 'temperature' }] },
  ],
  commands: [
    { no: 1, name: 'blink', part: 1, priority: 0, params: [{ value_type: UINT8, name: 'times' }] },
    {
      no: 2,
      name: 'show',
      part: 1,
      priority: 0,
      params: [
        { value_type: STRING, name: 'text' },
        { value_type: BYTES, name: 'icon' },
      ],
    },
    { no: 3, name: 'reset', part: 1, priority: 0, params: [] },
  ],
  events: [{ no: 1, name: 'pressed', part: 1, priority: 0, params: [{ value_type: STRING, name: 'how' }] }],
}
const model = parseModel(config)
/** @param {unknown} pack */
const octets = (pack) => Buffer.from(JSON.stringify(pack))
/** @param {unknown} pack */
const status = (pack) => senml.decode(octets(pack), model, 'status')

test('RFC 8428 §4.1, 4.5: base name and time, one value a record; the name of the device is not looked at', () => {
  const pack = [
    { bn: 'urn:dev:mac:0024befffe804ff1/light/', bt: 1_795_000_000, n: 'on', vb: true },
    { n: 'level', t: 5, v: 80 },
    { bn: '', n: 'room', u: 'Cel', v: 21.5 },
  ]
  assert.deepEqual(status(pack), { timestamp: 1_795_000_005_000, status: { light: [true, 80], room: [21.5] } })
})

test('§4.5.3: a time that is relative to now is none', () => {
  assert.equal(status([{ n: 'room', t: -5, v: 1 }]).timestamp, 0)
})

/** @type {[string, unknown, RegExp][]} */
const wrong = [
  ['no array', { n: 'room', v: 1 }, /array/],
  ['no value', [{ n: 'room' }], /no value/],
  ['half of an object', [{ n: 'light/on', vb: true }], /light comes without level/],
  ['§4.4: a field that must be understood', [{ n: 'room', v: 1, strange_: 2 }], /strange_/],
]
for (const [what, pack, text] of wrong) test(`refused: ${what}`, () => assert.throws(() => status(pack), text))

test('an event, and not two', () => {
  const pack = [{ n: 'pressed/how', vs: 'long' }]
  assert.deepEqual(senml.decode(octets(pack), model, 'event').event, { name: 'pressed', values: ['long'] })
  assert.throws(() => senml.decode(octets([...pack, { n: 'other', v: 1 }]), model, 'event'), /one event/)
})

test('octets go as base64url, a command without values as true', () => {
  /** @param {string} name @param {import('pando').Value[]} values */
  const sent = (name, values) => {
    const command = {
      kind: /** @type {const} */ ('command'),
      timestamp: 1000,
      name,
      no: 0,
      subDevice: 0,
      priority: 0,
      types: [],
      values,
    }
    return JSON.parse(Buffer.from(senml.encode(command, model)).toString())
  }
  assert.deepEqual(sent('show', ['hi', Uint8Array.of(255, 254)]), [
    { bt: 1, n: 'show/text', vs: 'hi' },
    { n: 'show/icon', vd: '__4' },
  ])
  assert.deepEqual(sent('reset', []), [{ bt: 1, n: 'reset', vb: true }])
  assert.throws(() => sent('blink', [2n ** 60n]), /more than a number/)
})

test('through a whole cloud: what such a device says is read, set and commanded as of any other', async (t) => {
  const cloud = await startCloud({ plugins: [plugin] })
  t.after(() => cloud.stop())
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({
    vendorId: vendor.id,
    name: 'lamp',
    description: '',
    config: JSON.stringify(config),
  })
  const about = { name: 'app', description: '', domain: '*', reportUrl: '', reportToken: '' }
  const application = await registry.addApplication(about)
  const device = await testDevice(cloud, { productKey: product.key, code: 'lamp-1' })
  await device.connect()

  /** @param {string} method @param {string} path @param {unknown} [body] */
  const ask = async (method, path, body) => {
    const address = `${cloud.listen['apiprovider']}/application/v1/devices/${device.identifier}${path}`
    const answer = await fetch(address, {
      method,
      headers: { 'App-Key': application.key },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return /** @type {Promise<{ code: number, message: string, data?: unknown }>} */ (answer.json())
  }

  await device.publish(
    's',
    octets([
      { bn: 'light/', n: 'on', vb: true },
      { n: 'level', v: 80 },
    ]),
  )
  await device.publish('s', octets([{ n: 'room/temperature', v: 21.5 }]))
  assert.deepEqual((await ask('GET', '/status/latest')).data, { light: [true, 80], room: [21.5] })

  await device.publish('s', Buffer.from('not SenML'))
  assert.deepEqual((await ask('GET', '/status/latest')).data, { light: [true, 80], room: [21.5] })

  const set = ask('PUT', '/status', { light: [false, 5] })
  const told = await device.next()
  assert.equal((await set).code, 0)
  assert.equal(told.topic, 's')
  const [first, ...rest] = JSON.parse(Buffer.from(told.payload).toString())
  assert.deepEqual([first.n, first.vb, rest], ['light/on', false, [{ n: 'light/level', v: 5 }]])

  const blink = ask('POST', '/commands', { blink: [3] })
  const [command] = JSON.parse(Buffer.from((await device.next()).payload).toString())
  assert.equal((await blink).code, 0)
  assert.deepEqual([command.n, command.v], ['blink/times', 3])
  assert.match((await ask('POST', '/commands', { blink: [256] })).message, /uint8/)
})
