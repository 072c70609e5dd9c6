import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { encodeEvent, startCloud as startReal, universalEvent } from 'pando'
import { startCloud, testDevice } from 'pando/testing'
import alarm from './index.js'

/** @type {{ severity: string, text: string, device?: unknown, at: number }[]} */
const alarms = []
let heard = () => {}
const receiver = createServer((req, res) => {
  let body = ''
  req.on('data', (chunk) => (body += chunk))
  req.on('end', () => {
    alarms.push(JSON.parse(body))
    res.end()
    heard()
  })
})
const next = () => new Promise((done) => (heard = () => done(alarms.pop())))

/** @type {string} */
let to
before(async () => {
  await new Promise((done) => receiver.listen(0, '127.0.0.1', () => done(undefined)))
  const address = receiver.address()
  to = `http://127.0.0.1:${typeof address === 'object' && address?.port}/alarms`
})
after(() => receiver.close())

/** @param {string} config @param {import('node:test').TestContext} t */
async function world(t, config) {
  const cloud = await startCloud({ plugins: [alarm], env: { PANDO_ALARM_URL: to } })
  t.after(() => cloud.stop())
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config })
  const device = await testDevice(cloud, { productKey: product.key, code: 'lamp-1' })
  await device.connect()
  return { cloud, device }
}

const FAULT = { subDevice: 0, no: universalEvent.fault, priority: 0, types: [8, 11] }

test('a fault that a device reports becomes an alarm', async (t) => {
  const { cloud, device } = await world(t, '{}')
  const told = next()
  await device.publish('e', encodeEvent({ ...FAULT, values: [7, Buffer.from('too hot')] }))
  assert.deepEqual(await told, { severity: 'fault', text: 'fault 7: too hot', device: device.id, at: cloud.clock.now() })
})

const PRESSED = { no: 1, name: 'pressed', part: 1, priority: 0 }

test('a rule raises one; what it says is checked when it is saved', async (t) => {
  const { cloud, device } = await world(t, JSON.stringify({ events: [{ ...PRESSED, params: [] }] }))
  /** @param {object} input */
  const save = (input) =>
    cloud.peers.controller.saveRule({
      name: 'night',
      enabled: true,
      applicationId: 0,
      definition: `{"device":"${device.identifier}","on":{"kind":"event","name":"pressed"},
        "then":[{"do":"action","name":"alarm","input":${JSON.stringify(input)}}]}`,
    })
  await assert.rejects(save({ text: '' }), /action alarm: \/text/)
  await save({ text: 'a lamp is on', severity: 'critical' })
  const told = next()
  await device.publish('e', encodeEvent({ ...PRESSED, subDevice: 1, types: [], values: [] }))
  assert.deepEqual(await told, { severity: 'critical', text: 'a lamp is on', device: device.identifier, at: cloud.clock.now() })
})

test('a wrong setting stops the start and names the plugin', async () => {
  await assert.rejects(
    startReal({ plugins: [alarm], env: { PANDO_ALARM_URL: 'nowhere' } }),
    /^PandoError: plugin alarm: PANDO_ALARM_URL=nowhere/,
  )
})
