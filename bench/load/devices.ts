/** Devices that the generators play, in the registry that the settings name. */
import { writeFileSync } from 'node:fs'
import { startCloud } from '#src/cloud.ts'

const AT_ONCE = 500

/** Registers `count` devices of one product and writes `[{id, token}]` to a file. */
export async function makeDevices(env: Record<string, string>, count: number, file: string): Promise<void> {
  const cloud = await startCloud({ env, services: ['registry'], published: false })
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'bench', description: '' })
  const status = [9, 2, 6].map((value_type, i) => ({ value_type, name: `v${i}` }))
  const config = JSON.stringify({ objects: [{ no: 1, label: 'o', part: 1, status }], commands: [], events: [] })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'bench', description: '', config })
  const list: { id: number; token: string }[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const codes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => `bench-${from + i}`)
    const made = await Promise.all(codes.map((code) => registry.registerDevice({ productKey: product.key, code, version: '1' })))
    const logins = await Promise.all(made.map((m) => registry.login({ deviceId: m.device.id, secret: m.secret })))
    list.push(...logins.map((l) => ({ id: l.device.id, token: l.token })))
  }
  writeFileSync(file, JSON.stringify(list))
  await cloud.stop()
}
