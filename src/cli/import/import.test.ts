/** An old installation, from files and from its servers, into a cloud whose front door its devices and applications then use. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Application as Row } from '#contracts/registry.ts'
import { parseModel } from '#protocol/model.ts'
import { type Cloud, startCloud } from '#src/cloud.ts'
import {
  devices,
  documents,
  golden,
  oldAesKey,
  tokens,
  writeDocuments,
  writeDump,
  writeSnapshot,
  writeTokens,
} from '../../../test/support/oldcloud.ts'
import { application } from '../../../test/world/application.ts'
import { Device } from '../../../test/world/device.ts'
import { here, makePlace, type Place, pando, program, start } from '../testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'pando-old-'))
const at = (name: string): string => join(dir, name)
const places: Place[] = []
const place = (more: Record<string, string> = {}): Place => {
  const p = makePlace({ PANDO_AES_KEY: oldAesKey, PANDO_LOG_LEVEL: 'silent', ...more })
  places.push(p)
  return p
}
before(() => {
  writeDump(at('old.sql'))
  writeSnapshot(at('dump.rdb'))
  writeTokens(at('tokens.txt'))
  writeDocuments(at('dump'), 'bson')
  writeDocuments(at('export'), 'json')
})
after(() => {
  for (const p of places) p.remove()
  rmSync(dir, { recursive: true })
})

const files = () => ['--mysql', at('old.sql'), '--redis', at('dump.rdb'), '--mongo', at('dump')]
const running = async (p: Place, work: (cloud: Cloud) => Promise<void>): Promise<void> => {
  const cloud = await startCloud({ env: p.env })
  try {
    await work(cloud)
  } finally {
    await cloud.stop()
  }
}

interface Said {
  tables: { table: string; read: number; moved: number; there: number; differs: number; refused: number }[]
  rows: { table: string; row: string; outcome: string; why: string }[]
  proof: { what: string; right: number; of: number }[]
  proved: boolean
}
async function imported(p: Place, ...args: string[]): Promise<Said> {
  const { code, stdout, stderr } = await here(p, ['import', ...args, '--json'])
  assert.equal(code, 0, stderr + stdout)
  return JSON.parse(stdout)
}
const counts = (s: Said) => Object.fromEntries(s.tables.map((t) => [t.table, [t.moved, t.there, t.refused]]))

/** A device of the old cloud with what it holds. */
function oldDevice(id: number, cloud: Cloud): Device {
  const row = devices.find((d) => d.id === id)!
  const product = golden.tables.product.rows.find((p) => p['id'] === row.product_id)!
  const model = parseModel(String(product['product_config']))
  const code = row.device_identifier.split('-').slice(2).join('-')
  const device = new Device(
    { productKey: String(product['product_key']), model, code, version: row.device_version },
    () => cloud.listen,
  )
  return Object.assign(device, { id, secret: row.device_secret, identifier: row.device_identifier, token: tokens.get(id) ?? '' })
}

const oldApplication = (n: number, cloud: Cloud) => {
  const row = golden.tables.application.rows[n]!
  return application({ key: row['app_key'] } as unknown as Row, () => cloud.listen['apiprovider']!, new Agent())
}

/** What everybody who held something of the old cloud finds in the new one. */
async function expectOldWorld(cloud: Cloud): Promise<void> {
  // with the token of before, without logging in
  const held = oldDevice(37, cloud)
  await held.connect()
  await held.status({ light: [1, 2] })
  await held.drop()
  for (const row of devices) {
    const device = oldDevice(row.id, cloud)
    const { secret } = device
    await device.login()
    await device.register()
    assert.deepEqual([device.id, device.secret, device.key], [row.id, secret, row.device_key])
  }
  const all = oldApplication(0, cloud)
  const found = (id: number) => `/devices/${devices.find((d) => d.id === id)!.device_identifier}`
  assert.equal((await all.get(`${found(2)}/info`)).code, 0)
  assert.equal((await oldApplication(1, cloud).get(`${found(2)}/info`)).code, 0)
  assert.equal((await oldApplication(1, cloud).get(`${found(1)}/info`)).code, 10008)
  const { data } = (await all.get(`${found(38)}/status/latest`)) as { data: Record<string, unknown[]> }
  assert.deepEqual(data['light'], [1, 500])
  assert.deepEqual(data['all']!.slice(2, 6), [-1, -2, -3, -4])
  const history = await cloud.peers.controller.records({ deviceId: 38, kinds: ['status', 'event'] })
  const expected = documents.filter((d) => String(d.document['deviceid']) === '38').sort((a, b) => a.at - b.at)
  assert.deepEqual(
    history.items.map((i) => [i.kind, i.at, i.deviceTime ?? 0]),
    expected.map((d) => [d.collection === 'datas' ? 'status' : 'event', d.at, Number(d.document['timestamp'])]),
  )
  const event = history.items.find((i) => i.kind === 'event')!
  assert.deepEqual([event.name, event.values], ['alarm', '["fire"]'])
}

// IMP-1, IMP-2, IMP-3, IMP-4, IMP-5
describe('an old installation in files', () => {
  const p = place()
  test('a dry run says what would be done and makes nothing', async () => {
    const said = await imported(p, ...files(), '--dry-run')
    assert.deepEqual(counts(said)['device'], [devices.length, 0, 0])
    assert.ok(!existsSync(p.env['PANDO_DATA_DIR']!))
  })

  test('another AES key is refused before anything is made', async () => {
    const other = place({ PANDO_AES_KEY: 'k'.repeat(32) })
    const { code, stderr } = await here(other, ['import', ...files()])
    assert.deepEqual([code, /PANDO_AES_KEY is not the key of that installation/.test(stderr)], [1, true])
    assert.ok(!existsSync(other.env['PANDO_DATA_DIR']!))
    const none = place()
    delete none.env['PANDO_AES_KEY']
    assert.match((await here(none, ['import', ...files()])).stderr, /PANDO_AES_KEY must be set/)
  })

  test('is moved, with a report of what was not and why, and proved', async () => {
    const said = await imported(p, ...files(), '--report', at('rows.ndjson'))
    assert.deepEqual(counts(said), {
      vendor: [3, 0, 0],
      product: [3, 0, 0],
      application: [3, 0, 0],
      device: [8, 0, 0],
      token: [4, 0, 0],
      datas: [5, 0, 0],
      events: [5, 0, 1],
      rule: [3, 0, 3],
    })
    assert.deepEqual(
      said.rows.map((r) => `${r.table} ${r.row} ${r.why}`.replace(/events \w+/, 'events')),
      [
        'events its device 39 is not here',
        'rule 3 it is no rule: type "", target ""',
        'rule 4 it is no rule: type "x", target "z"',
        'rule 5 it is no rule: type "ifttt", target "t"',
      ],
    )
    assert.deepEqual([said.proved, said.proof.every((x) => x.right === x.of && x.of > 0)], [true, true])
    const lines = readFileSync(at('rows.ndjson'), 'utf8').trim().split('\n')
    assert.equal(
      lines.length,
      said.tables.reduce((n, t) => n + t.read, 0),
    )
  })

  test('a second time nothing is moved, whichever form the files have', async () => {
    const again = await imported(p, '--mysql', at('old.sql'), '--redis', at('tokens.txt'), '--mongo', at('export'))
    assert.deepEqual(counts(again), {
      vendor: [0, 3, 0],
      product: [0, 3, 0],
      application: [0, 3, 0],
      device: [0, 8, 0],
      token: [0, 4, 0],
      rule: [0, 3, 3],
    })
  })

  test('devices and applications notice nothing', () => running(p, expectOldWorld))

  test('a device that is new gets an id that the old cloud never gave', () =>
    running(p, async ({ peers }) => {
      const [product] = (await peers.registry.products({ limit: 1 })).items
      const { device } = await peers.registry.registerDevice({ productKey: product!.key, code: 'new', version: '1' })
      assert.equal(device.id, 39)
      assert.equal((await peers.registry.addVendor({ name: 'new', description: '' })).id, 301)
    }))

  test('what was changed here stays, and is told; a token of a device that has logged in here too', async () => {
    await running(p, async ({ peers }) => {
      await peers.registry.editDevice({ id: 35, name: 'called otherwise' })
    })
    const again = await imported(p, ...files().slice(0, 4))
    const said = again.rows.filter((r) => r.outcome === 'differs').map((r) => `${r.table} ${r.row} ${r.why}`)
    assert.ok(said.includes('device 35 here it has another name'), said.join())
    assert.ok(said.includes('token 35 the device has logged in here since'), said.join())
    assert.ok(again.proved)
  })

  test('beside a cloud that runs, which knows what was moved at once', async () => {
    const other = place()
    await running(other, async (cloud) => {
      const said = await imported(other, ...files())
      assert.ok(said.proved)
      await expectOldWorld(cloud)
    })
  })
})

// IMP-4
test('killed at any moment it goes on when it is repeated, and nothing is there twice', async () => {
  const p = place()
  for (const ms of [400, 700, 900, 1100, 1300]) {
    const child = start(program('pando'), ['import', ...files()], { env: p.env, input: '' })
    await new Promise((done) => setTimeout(done, ms))
    await child.stop('SIGKILL')
  }
  assert.ok((await imported(p, ...files())).proved)
  await running(p, expectOldWorld)
})

// IMP-2
test('rows that cannot be moved are named with the reason; all others are', async () => {
  const text = readFileSync(at('old.sql'), 'utf8')
    .replace("'1-1-aabbcc001'", "'no identifier'")
    .replace('87fa6b81722b9aca5c55c866b46b45a05e20814b45ba07594dddb50c809416ce', '0'.repeat(64))
    .replace("'http://127.0.0.1:38999/hook-p1'", "'nowhere'")
    .replace("'vendor/2'", "'factory/2'")
    .replace(`'{\\"objects\\":[],\\"commands\\":[],\\"events\\":[]}'`, 'NULL')
  writeFileSync(at('spoilt.sql'), text)
  const p = place()
  const said = await imported(p, '--mysql', at('spoilt.sql'))
  const why = said.rows.filter((r) => r.table !== 'rule').map((r) => `${r.table} ${r.row} ${r.outcome} ${r.why}`)
  for (const [i, expected] of [
    /product 4660 refused it has no configuration/,
    /application 2 moved moved without its report URL/,
    /application 3 refused .*expected \*, vendor\/<id> or product\/<id>/,
    /device 1 refused its key was not made for it/,
    /device 2 refused its identifier "no identifier" is not/,
    /device 35 refused its product 4660 is not here/,
  ].entries())
    assert.match(why[i]!, expected)
  assert.equal(why.length, 6)
  // the product's file makes good what the table lacks

  mkdirSync(at('products'))
  writeFileSync(at('products/4660.json'), '{"objects":[],"commands":[],"events":[]}')
  const again = await imported(p, '--mysql', at('spoilt.sql'), '--products', at('products'))
  assert.deepEqual(
    [counts(again)['product'], counts(again)['device']],
    [
      [1, 2, 0],
      [1, 5, 2],
    ],
  )
})

// IMP-2
test('sources that are none are refused with what is wrong', async () => {
  const p = place()
  writeFileSync(at('latin.sql'), Buffer.from("INSERT INTO `vendor` VALUES (1,'caf\xe9');", 'latin1'))
  writeFileSync(at('other.sql'), 'CREATE TABLE `x` (\n  `id` int\n);')
  writeFileSync(at('other.txt'), 'hello\n')
  const tried = async (args: string[], text: RegExp) => {
    const { code, stderr } = await here(p, ['import', ...args])
    assert.deepEqual([(code ?? 0) > 0, text.test(stderr)], [true, true], stderr)
  }
  await tried([], /name --mysql, --mongo or --redis/)
  await tried(['--mysql', at('gone.sql')], /cannot read .*gone\.sql/)
  await tried(['--mysql', at('latin.sql')], /is not UTF-8: dump it with --default-character-set=utf8mb4/)
  await tried(['--mysql', at('other.sql')], /has no table vendor/)
  await tried(['--redis', at('other.txt')], /is not "device:token:<id> <32 hex digits>"/)
  await tried(['--mongo', dir], /has none of datas\.bson/)
  await tried(['--mysql', 'mysql://root:geheim@127.0.0.1:1/x'], /old MySQL at 127\.0\.0\.1:1 cannot be used/)
  assert.ok(!(await pando(p, ['import', '--mysql', 'mysql://root:geheim@127.0.0.1:1/x'])).stderr.includes('geheim'))
})
