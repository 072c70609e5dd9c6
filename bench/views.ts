/**
 * The fleet as people look at it: ms until a view of all devices is open, narrowed by state, sorted by what is live, paged; a search; the
 * overview. Each beside its floor, which is the registry's share: the ids of all devices, sorted, by one call.
 * `node bench/views.ts [devices] [rounds]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminClient } from '#contracts/admin/client.ts'
import { causeNumber } from '#contracts/causes.ts'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { startCloud } from '#src/cloud.ts'
import { median } from './load/run.ts'

const devices = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 15)
const AT_ONCE = 1000
const NODE = 'bench:1'
const any = '127.0.0.1:0'
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
const listen = Object.fromEntries(
  ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((s) => [`PANDO_${s}_LISTEN`, any]),
)
const cloud = await startCloud({ env: { ...listen, PANDO_DATA_DIR: dir, PANDO_LOG_LEVEL: 'error' } })
const { registry, controller, devicemanager } = cloud.peers
const stream = newStream()
let seq = 0
const said = (records: NewRecord[]) => controller.accept(makeBatch(stream, ++seq, records))

async function furnish(): Promise<void> {
  const vendor = await registry.addVendor({ name: 'bench', description: '' })
  const status = [{ value_type: 9, name: 'v' }]
  const config = JSON.stringify({ objects: [{ no: 1, label: 'o', part: 1, status }], commands: [], events: [] })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'bench', description: '', config })
  const data = encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [7], types: [9] }] })
  for (let from = 0; from < devices; from += AT_ONCE) {
    const codes = Array.from({ length: Math.min(AT_ONCE, devices - from) }, (_, i) => `d${from + i}`)
    const made = await Promise.all(codes.map((code) => registry.registerDevice({ productKey: product.key, code, version: '1' })))
    const ids = made.map((m) => m.device.id)
    const of = (device: number) => ({ device, product: product.id, version: 1 })
    const online = ids.filter((id) => id % 4 !== 0)
    await said(ids.map((id) => ({ kind: recordKind.online, ...of(id), data: Buffer.from('{"protocol":"mqtt"}') })))
    await said(ids.map((id) => ({ kind: recordKind.status, ...of(id), data })))
    const items = online.map((device) => ({ device, epoch: Date.now(), protocol: 'mqtt', address: '192.0.2.1:1' }))
    await devicemanager.announce({ node: NODE, items, last: from + AT_ONCE >= devices })
    const reason = causeNumber('keepalive_timeout')
    await said(
      ids.filter((id) => id % 4 === 0).map((id) => ({ kind: recordKind.offline, ...of(id), reason, data: Buffer.alloc(0) })),
    )
  }
}

async function measure(name: string, work: () => Promise<unknown>, floor = 0): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const from = performance.now()
    await work()
    times.push(performance.now() - from)
    await new Promise((done) => setTimeout(done, 20))
  }
  const middle = median(times)
  const ratio = floor > 0 ? `${(middle / floor).toFixed(2)} of the floor` : ''
  const figure = (n: number) => n.toFixed(1).padStart(8)
  console.log(
    `${name.padEnd(44)} first ${figure(times[0]!)}  median ${figure(middle)}  worst ${figure(Math.max(...times))} ms  ${ratio}`,
  )
  return middle
}

await devicemanager.alive({ node: NODE })
const beat = setInterval(() => devicemanager.alive({ node: NODE }), 500)
await furnish()
const user = await registry.addUser({
  name: 'bench',
  password: 'a long enough password',
  role: 'Administrator',
  scope: '*',
  mustChange: false,
})
const { text } = await registry.addApiToken({
  userId: user.id,
  name: 'bench',
  can: ['devices.read', 'products.read'],
  scope: '*',
  expiresAt: 0,
})
const client = adminClient({ base: cloud.listen['apiprovider']!, token: text })
const open = (filter: string, sort = '') => client('POST /device-views', { body: { filter, sort } })

const floor = await measure('floor: all ids by the registry', () => registry.searchDevices({ limit: devices }))
await measure('a view of all', () => open(''), floor)
await measure('… of those that are offline', () => open('state:offline'), floor)
await measure('… of those that did not report for an hour', () => open('reported>1h'), floor)
await measure('… of all by the last report', () => open('', '-last_report'), floor)
await measure('… of all by state', () => open('', 'state'), floor)
await measure('… by name, part of a serial', () => open('d77', 'name'), floor)
const { view } = await open('state:online')
await measure('a page of 100 rows of a view', () =>
  client('GET /device-views/{view}/rows', { params: { view }, query: { from: Math.floor(devices / 2) } }),
)
await measure('a list of 100', () => client('GET /devices', { query: { limit: 100 } }))
await measure('a search', () => client('GET /search', { query: { q: 'd777' } }))
await measure('the overview', () => client('GET /overview', { query: {} }))
clearInterval(beat)
await cloud.stop()
rmSync(dir, { recursive: true })
