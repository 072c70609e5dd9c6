import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ProcessState } from '#contracts/process.ts'
import { here, makePlace, type Place, program, type Running, start } from '../testing.ts'
import { version } from '../version.ts'
import { error, type Finding } from './finding.ts'
import { clock, files, node } from './machine.ts'
import { ofProcess } from './process.ts'
import { settings } from './settings.ts'

interface Said {
  code: number | null
  ok: boolean
  findings: Finding[]
}

async function examined(place: Place, more: Record<string, string> = {}): Promise<Said> {
  const { code, stdout, stderr } = await here({ ...place, env: { ...place.env, ...more } }, ['doctor', '--json'])
  assert.equal(stderr, '')
  return { code, ...JSON.parse(stdout) }
}

const wrong = ({ findings }: Said): Finding[] => findings.filter((f) => f.severity !== 'ok' && f.check !== 'files')

/** The only thing that is wrong is this, and what to do is said; exit code 1. */
function only(said: Said, check: string, text: RegExp): void {
  const found = wrong(said)
  assert.deepEqual([found.length, found[0]?.check, found[0]?.severity], [1, check, 'error'], JSON.stringify(found))
  assert.match(found[0]!.text, text)
  assert.ok(found[0]!.todo)
  assert.deepEqual([said.code, said.ok], [1, false])
}

describe('doctor', () => {
  const place = makePlace({ PANDO_LOG_LEVEL: 'silent' })
  const dataDir = place.env['PANDO_DATA_DIR']!
  let cloud: Running

  before(async () => {
    const fresh = await examined(place)
    assert.deepEqual([fresh.code, wrong(fresh)], [0, []])
    assert.ok(fresh.findings.some((f) => /no data in .* yet/.test(f.text)))
    assert.ok(!existsSync(dataDir))
    cloud = start(program('pando'), ['serve'], place)
    await cloud.line()
  })
  after(place.remove)

  // CLI-10
  test('beside a running cloud it asks that; without one it reads the data through; nothing is left behind', async () => {
    const running = await examined(place)
    assert.deepEqual([running.code, wrong(running)], [0, []])
    for (const [check, text] of [
      ['cloud', /it runs since/],
      ['keys', /opened the registry with them/],
      ['engines', /registrystore \(sqlite\).* devicelog \(file\)/],
    ] as const)
      assert.ok(
        running.findings.some((f) => f.check === check && text.test(f.text)),
        check,
      )
    await cloud.stop()
    const names = readdirSync(dataDir)
    const stopped = await examined(place)
    assert.deepEqual([stopped.code, wrong(stopped)], [0, []])
    for (const check of ['engines', 'keys', 'ports', 'disk', 'clock', 'permissions', 'settings', 'node'])
      assert.ok(
        stopped.findings.some((f) => f.check === check),
        check,
      )
    assert.deepEqual(
      readdirSync(dataDir).filter((n) => !names.includes(n) && !n.startsWith('registry.db')),
      [],
    )
    const { stdout } = await here(place, ['doctor'])
    assert.match(stdout, /^ok +engines +registry, device log and history were read through/m)
  })

  // CLI-10
  test('what is damaged is named by its file', async () => {
    const flipped = async (file: string, find: string, check: RegExp) => {
      const path = join(dataDir, file)
      const whole = readFileSync(path)
      const bad = Buffer.from(whole)
      const at = bad.indexOf(find)
      assert.ok(at >= 0, `${find} in ${file}`)
      bad[at]! ^= 1
      writeFileSync(path, bad)
      only(await examined(place), 'engines', check)
      writeFileSync(path, whole)
    }
    await flipped('registry.db', 'Administrator', /registry\.db.*user_account/)
    await flipped('log/00000001.seg', 'PSEG', /00000001\.seg is damaged/)
    await flipped('history/manifest.2', '"runs"', /manifest\.2/)
  })

  // CLI-10
  test('keys: missing, not those of the data, readable by others', async () => {
    const file = join(dataDir, 'keys.json')
    renameSync(file, `${file}.away`)
    only(await examined(place), 'keys', /keys\.json is missing/)
    renameSync(`${file}.away`, file)
    only(await examined(place, { PANDO_MASTER_KEY: 'x'.repeat(40) }), 'keys', /PANDO_MASTER_KEY is not the key/)
    chmodSync(file, 0o644)
    only(await examined(place), 'permissions', /others may read .*keys\.json \(0644\)/)
    chmodSync(file, 0o600)
  })

  // CLI-10
  test('an address that somebody else has, a setting that makes no sense, a clock that went back', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => taken.once('listening', done))
    const { port } = taken.address() as { port: number }
    only(await examined(place, { PANDO_MQTTACCESS_LISTEN: `127.0.0.1:${port}` }), 'ports', /taken by another program/)
    taken.close()
    only(await examined(place, { PANDO_LOG_LEVEL: 'loud' }), 'settings', /PANDO_LOG_LEVEL=loud/)
    only(await examined(place, { PANDO_PLUGINS: './nowhere.js' }), 'plugins', /cannot load \.\/nowhere\.js/)
    only(await examined(place, { PANDO_TLS_CERT: '/nowhere.pem' }), 'settings', /must be set together/)
    const later = new Date(Date.now() + 3_600_000)
    const segment = join(dataDir, 'log/00000001.seg')
    utimesSync(segment, later, later)
    only(await examined(place), 'clock', /the clock went back/)
  })
})

// CLI-10
test('an engine that does not answer the cloud that runs is named once, with why and who needs it', () => {
  const engine = {
    port: 'history',
    scheme: 'mongodb',
    affects: ['controller'],
    state: 'down' as const,
    since: 0,
    error: 'refused',
  }
  const state = { services: ['controller'], version: version(), startedAt: 0, engines: [engine] } as unknown as ProcessState
  const found = ofProcess({ ...state, checks: [{ name: 'history', ok: false, detail: 'refused' }] })
  const told = found.map((f) => [f.check, f.severity, f.text])
  assert.deepEqual(told.slice(1), [['engines', 'error', 'history (mongodb): refused; needed by controller']])
})

test('the machine: Node, open files, the year', () => {
  const of = (f: Finding[]) => f.map((x) => x.severity)
  assert.deepEqual([of(node('22.18.9')), of(node('22.19.0')), of(node('24.1.0'))], [['error'], ['ok'], ['ok']])
  assert.deepEqual(
    [of(files('self', 1024)), of(files('self', 1_048_576)), files('self', undefined).length <= 1],
    [['warning'], ['ok'], true],
  )
  assert.deepEqual(of(clock([], 0)), ['error'])
})

test('settings: an API for everybody without TLS is warned of', () => {
  const config = { apiproviderListen: { host: '0.0.0.0', port: 8888 } } as Parameters<typeof settings>[0]
  assert.deepEqual(
    settings(config).map((f) => f.severity),
    ['warning'],
  )
  assert.equal(error('a', 'b', 'c').todo, 'c')
})
