/** What an operator of the old cloud relied on, store by store, by what was recorded of it: it is here, or `pando import` moves it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Cloud, startCloud } from '#src/cloud.ts'
import { here, makePlace } from '../../src/cli/testing.ts'
import { devices, golden, oldAesKey, writeDocuments, writeDump, writeSnapshot } from '../support/oldcloud.ts'
import { vectors } from '../vectors/read.ts'
import { makeWorld } from '../world.ts'

interface Etcd {
  keys: { key: string; value: string }[]
}
interface Queue {
  status_messages: { decoded: Told }[]
  event_messages: { decoded: Told }[]
}
type Told = Record<string, unknown>

// IMP-6
describe('what the old cloud kept', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pando-operator-'))
  const place = makePlace({ PANDO_AES_KEY: oldAesKey, PANDO_LOG_LEVEL: 'silent' })
  let cloud: Cloud
  before(async () => {
    writeDump(join(dir, 'old.sql'))
    writeSnapshot(join(dir, 'dump.rdb'))
    writeDocuments(join(dir, 'dump'), 'bson')
    const files = ['--mysql', join(dir, 'old.sql'), '--redis', join(dir, 'dump.rdb'), '--mongo', join(dir, 'dump')]
    const { code, stderr } = await here(place, ['import', ...files])
    assert.equal(code, 0, stderr)
    cloud = await startCloud({ env: place.env })
  })
  after(async () => {
    await cloud.stop()
    place.remove()
    rmSync(dir, { recursive: true })
  })

  const time = (text: unknown) => Date.parse(`${String(text).replace(' ', 'T')}Z`)
  const times = (row: Told) => ({ createdAt: time(row['created_at']), updatedAt: time(row['updated_at']) })
  const part = (found: object, wanted: Told) => Object.fromEntries(Object.keys(wanted).map((k) => [k, (found as Told)[k]]))

  test('mysql: every column of every table', async () => {
    const { registry } = cloud.peers
    const [vendors, products, applications] = await Promise.all([
      registry.vendors({}),
      registry.products({}),
      registry.applications({}),
    ])
    for (const row of golden.tables.vendor.rows) {
      const wanted = { name: row['vendor_name'], key: row['vendor_key'], description: row['vendor_description'], ...times(row) }
      assert.deepEqual(part(vendors.items.find((v) => v.id === row['id'])!, wanted), wanted)
    }
    for (const row of golden.tables.product.rows) {
      const shown = { name: row['product_name'], key: row['product_key'], description: row['product_description'] }
      const wanted = { ...shown, vendorId: row['vendor_id'], ...times(row) }
      assert.deepEqual(part(products.items.find((p) => p.id === row['id'])!, wanted), wanted)
      assert.equal((await registry.model({ productId: Number(row['id']) })).config, row['product_config'])
    }
    for (const row of golden.tables.application.rows) {
      const shown = { name: row['app_name'], key: row['app_key'], description: row['app_description'] }
      const told = { domain: row['app_domain'], reportUrl: row['report_url'], reportToken: row['app_token'], tags: ['event'] }
      const wanted = { ...shown, ...told, ...times(row) }
      assert.deepEqual(part(applications.items.find((a) => a.id === row['id'])!, wanted), wanted)
    }
    for (const row of devices) {
      const [device] = (await registry.devicesById({ ids: [row.id] })).items
      const shown = { name: row.device_name, description: row.device_description, version: row.device_version }
      const wanted = { ...shown, identifier: row.device_identifier, productId: row.product_id, ...times(row) }
      assert.deepEqual(part(device!, wanted), wanted)
      assert.deepEqual(await registry.deviceSecret({ id: row.id }), { secret: row.device_secret, key: row.device_key })
    }
    const rules = (await registry.rules({})).items.map((r) => [r.deviceId, r.old])
    const good = golden.tables.rule.rows.filter((r) => /^device\/.*\/(command|status)$/.test(String(r['target'])))
    assert.deepEqual(
      rules,
      good.map((r) => [
        r['device_id'],
        { type: r['rule_type'], trigger: r['trigger'], target: r['target'], action: r['action'] },
      ]),
    )
  })

  test('redis: tokens; who is online, from where and by what protocol', async () => {
    const { token_after_login: token } = vectors<{ observed: Record<string, { value_hex: string }> }>('redis').observed
    const [verdict] = (await cloud.peers.registry.checkTokens({ items: [{ deviceId: 37, token: token!.value_hex }] })).items
    assert.equal(verdict!.device?.id, 37)
    const world = await makeWorld()
    try {
      const device = await world.connected()
      const [route] = (await world.peers.devicemanager.routes({ devices: [device.id] })).items
      assert.match(`${route!.protocol} ${route!.address}`, /^mqtt 127\.0\.0\.1:\d+$/)
    } finally {
      await world.close()
    }
  })

  test('mongo and queue: what was published is in the documents, so a queue that nobody has read loses nothing', async () => {
    const stored = (collection: string) =>
      vectors<{ documents: { collection: string; doc: Told }[] }>('mongo')
        .documents.filter((d) => d.collection === `pandocloud.${collection}`)
        .map((d) => d.doc)
    const small = (v: unknown): unknown => {
      if (Array.isArray(v)) return v.map(small)
      if (typeof v !== 'object' || v === null) return v
      return Object.fromEntries(
        Object.entries(v).map(([k, x]) => [k.toLowerCase(), small(k === 'Params' || k === 'Subdata' ? (x ?? []) : x)]),
      )
    }
    const { status_messages: statuses, event_messages: events } = vectors<Queue>('queue')
    for (const { decoded } of statuses)
      assert.ok(
        stored('datas').some((d) => same(d, small(decoded))),
        JSON.stringify(decoded),
      )
    for (const { decoded } of events)
      assert.ok(
        stored('events').some((d) => same(d, small(decoded))),
        JSON.stringify(decoded),
      )
    const { items } = await cloud.peers.controller.records({ deviceId: 38, kinds: ['status', 'event'] })
    assert.equal(items.length, statuses.length + events.length)
  })
})

const same = (a: unknown, b: unknown): boolean => {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}

// IMP-6
test('etcd: every service is there and says where it listens; the address of a proxy in front is told to devices', async () => {
  const world = await makeWorld({ env: { PANDO_MQTTACCESS_PUBLIC: 'proxy.example:1883' } })
  try {
    for (const { key } of vectors<Etcd>('etcd').keys) {
      const [, , , service, family] = key.split('/')
      const name = service === 'apiprovidor' ? 'apiprovider' : service!
      if (family === 'rpchost') assert.ok(name in world.listen || name in world.peers, name)
      else assert.match(world.listen[name]!, family === 'tcphost' ? /^mqtt:/ : /^http:/)
    }
    assert.equal((await world.device()).address, 'proxy.example:1883')
  } finally {
    await world.close()
  }
})
