/** The whole cloud inside a test: no port to choose, no folder to clean, and its time moves when the test says so. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeStatus, startCloud as startReal } from 'pando'
import { startCloud, type TestCloud, testDevice } from 'pando/testing'

const config = JSON.stringify({
  objects: [{ no: 1, label: 'light', part: 1, status: [{ value_type: 7, name: 'on' }] }],
})
const DAY = 86_400_000

async function furnish(cloud: Pick<TestCloud, 'peers'>): Promise<{ productKey: string; appKey: string }> {
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config })
  const about = { name: 'app', description: '', domain: `product/${product.id}`, reportUrl: '', reportToken: '' }
  const application = await registry.addApplication(about)
  return { productKey: product.key, appKey: application.key }
}

test('a device reports, an application reads', async (t) => {
  const cloud = await startCloud()
  t.after(() => cloud.stop())
  const { productKey, appKey } = await furnish(cloud)
  const device = await testDevice(cloud, { productKey, code: 'lamp-1' })
  await device.connect()
  await device.publish('s', encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [1], types: [7] }] }))

  const path = `/application/v1/devices/${device.identifier}/status/latest`
  const answer = await fetch(`${cloud.listen['apiprovider']}${path}`, { headers: { 'App-Key': appKey } })
  assert.deepEqual(await answer.json(), { code: 0, message: '', data: { light: [1] } })
})

test('a token that was not used for 30 days is dead: the date moves when the test says so', async (t) => {
  const start = Date.UTC(2026, 0, 1)
  const cloud = await startCloud({ now: start })
  t.after(() => cloud.stop())
  const device = await testDevice(cloud, { productKey: (await furnish(cloud)).productKey, code: 'lamp-1' })
  cloud.clock.set(start + 29 * DAY)
  await device.connect()
  device.disconnect()
  cloud.clock.set(start + 60 * DAY)
  await assert.rejects(device.connect(), /CONNECT refused with 0x86/)
})

test('a device that falls silent is offline as soon as its keep-alive says so: 91 s pass in a moment', async (t) => {
  const cloud = await startCloud()
  t.after(() => cloud.stop())
  const device = await testDevice(cloud, { productKey: (await furnish(cloud)).productKey, code: 'lamp-1' })
  await device.connect()
  await cloud.pass(80_000)
  assert.equal((await cloud.peers.devicemanager.online({})).count, 1)
  await cloud.pass(15_000)
  assert.equal((await cloud.peers.devicemanager.online({})).count, 0)
})

test('in a program: real time, and a folder that stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const anywhere = '127.0.0.1:0'
  const env = {
    PANDO_DATA_DIR: folder,
    PANDO_HTTPACCESS_LISTEN: anywhere,
    PANDO_MQTTACCESS_LISTEN: anywhere,
    PANDO_COAPACCESS_LISTEN: anywhere,
    PANDO_APIPROVIDER_LISTEN: anywhere,
    PANDO_OPS_LISTEN: anywhere,
  }
  const first = await startReal({ env })
  await furnish(first)
  await first.stop()
  const again = await startReal({ env })
  t.after(() => again.stop())
  assert.deepEqual(
    (await again.peers.registry.products({})).items.map((p) => p.name),
    ['lamp'],
  )
})
