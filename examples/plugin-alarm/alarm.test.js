import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { definePlugin, encodeEvent, runAction, silentLog, startCloud as startReal, universalEvent } from 'pando'
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

const FAULT = { subDevice: 0, no: universalEvent.fault, priority: 0, types: [8, 11] }

test('a fault that a device reports becomes an alarm', async (t) => {
  const cloud = await startCloud({ plugins: [alarm], env: { PANDO_ALARM_URL: to } })
  t.after(() => cloud.stop())
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config: '{}' })
  const device = await testDevice(cloud, { productKey: product.key, code: 'lamp-1' })
  await device.connect()
  const told = next()
  await device.publish('e', encodeEvent({ ...FAULT, values: [7, Buffer.from('too hot')] }))
  assert.deepEqual(await told, { severity: 'fault', text: 'fault 7: too hot', device: device.id, at: cloud.clock.now() })
})

test('a rule can raise one', async (t) => {
  /** @type {import('pando').ServiceStart<unknown>['actions']} */
  let actions
  const look = definePlugin({
    name: 'look',
    api: '^1',
    setup: (p) =>
      p.service('look', {
        opens: [],
        calls: [],
        load: async () => ({
          start: async (s) => {
            actions = s.actions
            return {}
          },
        }),
      }),
  })
  const cloud = await startCloud({ plugins: [alarm, look], env: { PANDO_ALARM_URL: to } })
  t.after(() => cloud.stop())
  assert.ok(actions)
  const device = { id: 1, productId: 1, vendorId: 1, identifier: '1-1-lamp-1', code: 'lamp-1', version: '' }
  const nothing = async () => {}
  const context = {
    ...{ rule: { id: 1, name: 'night' }, run: 'r1', at: 5, device, values: {}, log: silentLog() },
    ...{ setStatus: nothing, command: nothing, signal: new AbortController().signal },
  }
  const told = next()
  await runAction(actions, 'alarm', { text: 'a lamp is on', severity: 'critical' }, context)
  assert.deepEqual(await told, { severity: 'critical', text: 'a lamp is on', device: '1-1-lamp-1', at: 5 })
  await assert.rejects(runAction(actions, 'alarm', { text: '' }, context), /action alarm: \/text/)
})

test('a wrong setting stops the start and names the plugin', async () => {
  await assert.rejects(
    startReal({ plugins: [alarm], env: { PANDO_ALARM_URL: 'nowhere' } }),
    /^PandoError: plugin alarm: PANDO_ALARM_URL=nowhere/,
  )
})
