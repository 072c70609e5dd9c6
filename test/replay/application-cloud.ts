/** The world of test/vectors/http-application.json in a whole cloud: its products, applications and devices, one of them connected. */
import assert from 'node:assert/strict'
import type { Publish } from '#access/mqttaccess/packet/packets.ts'
import { openRegistrystore } from '#core/registrystore/open.ts'
import { silentLog } from '#lib/log.ts'
import { decodeCommand } from '#protocol/frames.ts'
import { parseModel } from '#protocol/model.ts'
import { universalCommand } from '#protocol/universal.ts'
import { fastClock } from '../support/testclock.ts'
import { hex, vectors } from '../vectors/read.ts'
import { type Device, makeWorld, until, type World } from '../world.ts'
import type { ApplicationWorld, GoldenCall } from './application.ts'
import { reports } from './reports.ts'

const golden = vectors<{ devices: Record<string, { device_key: string }> }>('http-application').devices

/** Time that runs so many times faster: the old cloud waited 5 s for a device that does not answer, and so do we. */
const SPEED = 10

export async function cloudWorld(): Promise<{ cloud: World; base: string; world: ApplicationWorld }> {
  const cloud = await makeWorld({ shape: 'encoded', clock: fastClock(SPEED) })
  const products = await productsOf(cloud)
  const [all, one, wrong] = [
    await cloud.application(),
    await cloud.application({ domain: 'product/1' }),
    await cloud.application(),
  ]
  await spoilScope(cloud, wrong.id)
  const rich = await cloud.device({ product: products.rich, code: 'apprich1' })
  await cloud.device({ product: products.rich, code: 'appoff1' })
  await cloud.device({ product: products.rich, code: 'rich001' })
  await cloud.device({ product: products.docs, code: 'a-b-c' })
  const keys = new Map([
    ['c729da2c9c501012d966fccadd888a6c5e213a5ece5629dbebfec6ab8706e543', all.key],
    ['1590aa9261f949e24a6d61f698d921b515c7cf14f025d71a86b3a24c44a82f2d', one.key],
    ['cd807364574768a8c3cdf9f946e9f07bea6982093e649f950a2f483d3ec62374', wrong.key],
    ['6a5201d09199a823e196bf0d63e7c9234bd5258792299bc8800d7b23826bef6f', products.rich.key],
    [golden['rich']!.device_key, rich.key],
  ])
  const key = (theirs: string) => keys.get(theirs) ?? theirs
  return { cloud, base: cloud.listen['apiprovider']!, world: { key, arrange: (c) => arrange(cloud, rich, c) } }
}

/** Vendor 1 with product 1 (docs) and 2 (rich), as in the golden files. */
async function productsOf(cloud: World) {
  const vendor = await cloud.vendor()
  const made = async (name: string) => {
    const config = JSON.stringify(vectors(`${name}-product`))
    const about = { vendorId: vendor.id, name: `${name} product`, description: 'every value type', config }
    return { ...(await cloud.peers.registry.addProduct(about)), model: parseModel(config) }
  }
  return { docs: await made('docs'), rich: await made('rich') }
}

/** The old `pdcfg` took any scope; rows like that come in with old data. */
async function spoilScope(cloud: World, application: number): Promise<void> {
  const url = cloud.env['PANDO_REGISTRY_URL'] ?? 'sqlite:'
  const store = await openRegistrystore(url, { dataDir: cloud.dataDir, log: silentLog() })
  const [row] = await store.select('application', { in: { column: 'id', values: [application] } })
  assert.ok(row, 'the registry of the cloud')
  await store.transaction((tx) => tx.update('application', [{ ...row, domain: 'all' }]))
  await store.close()
}

/** As the emulator of the golden file was: offline at first, connected from the first question to the last but one case. */
async function arrange(
  cloud: World,
  device: Device,
  c: GoldenCall,
): Promise<() => Promise<{ topic: string; payload: string }[]>> {
  if (c.group === 'current' && c.name === 'light ok') await device.connect({ keepAlive: 0 })
  if (c.name === 'status/current right after disconnect') await leave(cloud, device)
  const received: { topic: string; payload: string }[] = []
  if (!['current', 'set', 'command'].includes(c.group)) return async () => received
  const { link } = device
  link.onPacket = ({ packet }) => {
    if (packet.type !== 'publish' || numberOf(packet) === universalCommand.setClock) return packet.type === 'publish'
    received.push({ topic: packet.topic, payload: hex(packet.payload) })
    if (!/does not ack|never acks/.test(c.name)) device.ack(packet)
    const report = c.group === 'current' ? reports[c.name] : undefined
    if (report)
      link.send({ type: 'publish', topic: 's', payload: report, qos: 1, dup: false, retain: false, packetId: device.nextId() })
    return true
  }
  return async () => received
}

const numberOf = (p: Publish): number | undefined => (p.topic === 'c' ? decodeCommand(p.payload).no : undefined)

async function leave(cloud: World, device: Device): Promise<void> {
  await device.disconnect()
  const gone = async () => (await cloud.peers.devicemanager.routes({ devices: [device.id] })).items.length === 0
  await until('device offline', async () => ((await gone()) ? true : undefined))
}
