/** Devices of one product, registered and logged in before a cloud serves them. */
import { startCloud } from '#src/cloud.ts'

export interface Credentials {
  id: number
  token: string
}

const AT_ONCE = 500

/** `env`: the settings that name the registry. */
export async function makeDevices(env: Record<string, string>, count: number): Promise<Credentials[]> {
  const cloud = await startCloud({ env, services: ['registry'], published: false })
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'bench', description: '' })
  const status = [9, 2, 6].map((value_type, i) => ({ value_type, name: `v${i}` }))
  const config = JSON.stringify({ objects: [{ no: 1, label: 'o', part: 1, status }], commands: [], events: [] })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'bench', description: '', config })
  const list: Credentials[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const codes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => `bench-${from + i}`)
    const made = await Promise.all(codes.map((code) => registry.registerDevice({ productKey: product.key, code, version: '1' })))
    const logins = await Promise.all(made.map((m) => registry.login({ deviceId: m.device.id, secret: m.secret })))
    list.push(...logins.map((l) => ({ id: l.device.id, token: l.token })))
  }
  await cloud.stop()
  return list
}

/** What `serve` is told, so that it listens where nobody else does. */
export const anywhere = (dataDir: string): Record<string, string> => ({
  PANDO_DATA_DIR: dataDir,
  PANDO_LOG_LEVEL: 'warn',
  ...Object.fromEntries(
    ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((s) => [`PANDO_${s}_LISTEN`, '127.0.0.1:0']),
  ),
})
