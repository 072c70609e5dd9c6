import assert from 'node:assert/strict'
import { pbkdf2 } from 'node:crypto'
import { test } from 'node:test'
import { startCloud } from './cloud.ts'
import { testDevice } from './device.ts'

/** Nothing reaches a file while the threads of the pool are at work on something else. */
const holdDisk = (): Promise<unknown> =>
  Promise.all(
    Array.from({ length: 8 }, () => new Promise((done) => pbkdf2('a', 'b', 200_000, 64, 'sha512', (_e, key) => done(key)))),
  )

// PLUG-10
test('a device that falls silent is offline when its time has passed, however slow the disk is', async (t) => {
  const cloud = await startCloud()
  t.after(() => cloud.stop())
  const { registry, devicemanager } = cloud.peers
  const vendor = await registry.addVendor({ name: 'v', description: '' })
  const config = JSON.stringify({ objects: [], commands: [], events: [] })
  const { key } = await registry.addProduct({ vendorId: vendor.id, name: 'p', description: '', config })
  const device = await testDevice(cloud, { productKey: key, code: 'a' })
  await device.connect()
  await cloud.pass(80_000)
  assert.equal((await devicemanager.online({})).count, 1)
  const held = holdDisk()
  await cloud.pass(15_000)
  assert.equal((await devicemanager.online({})).count, 0)
  await held
})
