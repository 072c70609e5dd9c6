import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import BetterSqlite3 from 'better-sqlite3'
import { MongoClient } from 'mongodb'
import { ownDatabase, sqlNames } from '../../../test/support/databases.ts'
import { onEngine } from '../../../test/support/engines.ts'
import { makeWorld, until } from '../../../test/world.ts'
import { here, makePlace, program, start } from '../testing.ts'

const ends: (() => Promise<unknown>)[] = []
after(async () => {
  for (const end of ends.toReversed()) await end()
})

/** A cloud with something of everything, stopped. → its folder, and what must be found again */
async function lived() {
  const world = await makeWorld({ env: { PANDO_REGISTRY_URL: 'sqlite:', PANDO_PRESENCE_URL: 'memory:' } })
  ends.push(() => world.close())
  const app = await world.application({ tags: ['event', 'status'] })
  const device = await world.connected()
  for (let i = 0; i < 300; i++) await device.status({ light: [1, i] })
  await device.event('alarm', ['fire'])
  const other = await world.device()
  await world.peers.registry.tagDevices({ ids: [other.id], add: ['hall', 'north'], remove: [] })
  await world.peers.registry.removeDevice({ id: (await world.device()).id })
  await until('webhooks', () => (world.hooks.hooks.length >= 301 ? true : undefined))
  await device.disconnect()
  await world.stop()
  return { world, app, device, other }
}

const copied = async (from: string, to: string, env: Record<string, string> = {}) => {
  const place = makePlace({ PANDO_LOG_LEVEL: 'silent', ...env })
  ends.push(async () => place.remove())
  const { code, stdout, stderr } = await here(place, ['copy', '--from', from, '--to', to, '--json'])
  return {
    code,
    stderr,
    said: code === 0 ? (JSON.parse(stdout) as { parts: { part: string; count: number }[]; same: boolean }) : undefined,
  }
}

/** A copy into this folder is under way, or was broken off. */
function isMarked(dir: string): boolean {
  try {
    const db = new BetterSqlite3(join(dir, 'registry.db'), { readonly: true })
    const found = db.prepare("select 1 from meta where name = 'copying'").get()
    db.close()
    return found !== undefined
  } catch {
    // not there yet
    return false
  }
}

/** Starts on the copy: the device comes with the token that it has, its history is there, webhooks go on and tell nothing twice. */
async function expectSame(
  { app, device, other }: Awaited<ReturnType<typeof lived>>,
  env: Record<string, string>,
  keys: string,
): Promise<void> {
  const { aesKey, masterKey } = JSON.parse(readFileSync(join(keys, 'keys.json'), 'utf8'))
  const world = await makeWorld({ env: { PANDO_AES_KEY: aesKey, PANDO_MASTER_KEY: masterKey, ...env } })
  try {
    const { registry, controller } = world.peers
    await registry.editApplication({ id: app.id, reportUrl: new URL('/hook', world.hooks.url).href })
    const [verdict] = (await registry.checkTokens({ items: [{ deviceId: device.id, token: device.token }] })).items
    assert.equal(verdict!.device?.id, device.id)
    assert.equal((await registry.login({ deviceId: other.id, secret: other.secret })).device.id, other.id)
    assert.deepEqual((await registry.deviceDetails({ ids: [other.id] })).items[0]!.tags, ['hall', 'north'])
    const { items } = await controller.records({ deviceId: device.id, kinds: ['status', 'event'], limit: 1000 })
    assert.equal(items.length, 301)
    assert.deepEqual(JSON.parse((await controller.latest({ deviceId: device.id })).json).light, [1, 299])
    const next = await world.device({
      product: { ...(await registry.products({})).items[0]!, model: device.model },
      code: 'later',
    })
    assert.ok(next.id > other.id + 1, 'the id of the removed device is not given again')
    await next.connect()
    await next.event('alarm', ['after'])
    await until('webhook', () => world.hooks.hooks.some((h) => h.body.includes('after')) || undefined)
    assert.ok(!world.hooks.hooks.some((h) => h.body.includes('fire')), 'told before the move')
    await next.disconnect()
  } finally {
    await world.close()
  }
}

// COPY-4, COPY-3, COPY-2
test('from folder to folder; killed again and again; only into an empty place', async () => {
  const old = await lived()
  const place = makePlace({ PANDO_LOG_LEVEL: 'silent' })
  ends.push(async () => place.remove())
  const to = place.env['PANDO_DATA_DIR']!
  let halves = 0
  for (const ms of [0, 10, 25, 60]) {
    const child = start(program('pando'), ['copy', '--from', old.world.dataDir, '--to', to], { env: place.env, input: '' })
    let ended = false
    void child.ended.then(() => (ended = true))
    while (!ended && !isMarked(to)) await new Promise((done) => setTimeout(done, 2))
    await new Promise((done) => setTimeout(done, ms))
    await child.stop('SIGKILL')
    if (!isMarked(to)) continue
    halves++
    const listed = await here(place, ['user', 'list'])
    assert.deepEqual([listed.code, /a copy into this registry is under way/.test(listed.stderr)], [1, true])
  }
  assert.ok(halves > 0)
  if (isMarked(to)) {
    const { said, stderr } = await copied(old.world.dataDir, to)
    assert.ok(said?.same && said.parts.every((p) => p.count > 0), stderr)
  }
  await expectSame(old, { PANDO_DATA_DIR: to }, old.world.dataDir)
  assert.match((await copied(old.world.dataDir, to)).stderr, /the target has data of its own: a copy goes into an empty one/)
  assert.match((await copied(join(to, 'nowhere'), to)).stderr, /there is no data to copy/)
  assert.match((await copied('registry=sqlite:', to)).stderr, /devicelog= is missing/)
  assert.match((await copied('presence=memory:', to)).stderr, /presence is none of registry=, devicelog=, history=/)
})

// COPY-4
test('a cloud that runs is not copied', async () => {
  const world = await makeWorld({ env: { PANDO_REGISTRY_URL: 'sqlite:', PANDO_PRESENCE_URL: 'memory:' } })
  try {
    const { code, stderr } = await copied(world.dataDir, join(world.dataDir, 'elsewhere'))
    assert.deepEqual([code, /a cloud runs on .*: stop it first/.test(stderr)], [1, true])
  } finally {
    await world.close()
  }
})

// COPY-1, COPY-3
for (const name of sqlNames) onEngine(name, (sql) => onEngine('mongodb', (mongodb) => intoServers(name, sql, mongodb)))

function intoServers(name: string, sql: string, mongodb: string): void {
  test(`into servers, the registry into ${name}, and back again`, async () => {
    const old = await lived()
    const { url, drop } = await ownDatabase(sql)
    ends.push(drop)
    const mongo = `${mongodb}/pando-test-${randomUUID().slice(0, 8)}`
    ends.push(async () => {
      const client = new MongoClient(mongo)
      await client.db().dropDatabase()
      await client.close()
    })
    const servers = `registry=${url} devicelog=${mongo} history=${mongo}`
    const there = await copied(old.world.dataDir, servers)
    assert.ok(there.said?.same, there.stderr)
    const place = makePlace()
    ends.push(async () => place.remove())
    const back = await copied(servers, place.env['PANDO_DATA_DIR']!)
    assert.ok(back.said?.same, back.stderr)
    assert.deepEqual(back.said!.parts, there.said!.parts)
    await expectSame(old, { PANDO_REGISTRY_URL: url, PANDO_DEVICELOG_URL: mongo, PANDO_HISTORY_URL: mongo }, old.world.dataDir)
    await expectSame(old, { PANDO_DATA_DIR: place.env['PANDO_DATA_DIR']! }, old.world.dataDir)
  })
}
