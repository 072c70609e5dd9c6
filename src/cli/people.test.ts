import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { here, makePlace, type Place, pando, program, type Running, start } from './testing.ts'

const PASSWORD = 'correct horse battery'
const OTHER = 'staple, and a donkey'

interface Door {
  base: string
}

const signIn = (d: Door, password: string, name = 'admin') =>
  fetch(`${d.base}/admin/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  })

const withToken = (d: Door, path: string, token: string) =>
  fetch(`${d.base}/admin/v1${path}`, { headers: { authorization: `Bearer ${token}` } })

const withInput = (place: Place, args: string[], input: string) => start(program('pando'), args, { env: place.env, input }).ended

const json = async (place: Place, args: string[], input = '') => {
  const { code, stdout, stderr } = await withInput(place, [...args, '--json'], input)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

describe('people and tokens beside a running cloud', () => {
  const place = makePlace()
  const door: Door = { base: '' }
  let cloud: Running

  before(async () => {
    cloud = start(program('pando'), ['serve'], place)
    door.base = JSON.parse(await cloud.line()).listen.apiprovider
  })
  after(async () => {
    await cloud.stop()
    place.remove()
  })

  // CLI-8
  test('a password that was set is good at once, the old one and all sessions are not; it is audited', async () => {
    const first = readFileSync(join(place.env['PANDO_DATA_DIR']!, 'admin-password'), 'utf8').trim()
    const before = await signIn(door, first)
    assert.equal(before.status, 200)
    const cookie = before.headers.getSetCookie()[0]!.split(';')[0]!
    const user = await json(place, ['user', 'password', '--password-stdin'], `${PASSWORD}\n`)
    assert.deepEqual([user.name, user.mustChange], ['admin', false])
    assert.ok(!existsSync(join(place.env['PANDO_DATA_DIR']!, 'admin-password')))
    assert.equal((await fetch(`${door.base}/admin/v1/session`, { headers: { cookie } })).status, 401)
    assert.equal((await signIn(door, first)).status, 401)
    assert.equal((await signIn(door, PASSWORD)).status, 200)
    const { token } = await json(place, ['token', 'create', 'reader', '--can', 'audit.read'])
    const { items } = (await (await withToken(door, '/audit', token)).json()) as { items: Record<string, unknown>[] }
    const { actor, actor_name, object, after } = items.find((e) => e['action'] === 'user.set_password')!
    assert.deepEqual([actor, object, after], ['system', 'user/1', { sessionsEnded: 1 }])
    assert.match(String(actor_name), /^command line \(.+\)$/)
  })

  // CLI-8
  test('a token is shown once, may do what it was made for, ends when it is revoked', async () => {
    const made = await pando(place, ['token', 'create', 'reader', '--can', 'devices.read', '--expires', 'never'])
    const text = made.stdout.trim()
    assert.match(text, /^pando_[\w-]{43}$/)
    assert.match(made.stderr, /good until it is revoked/)
    assert.equal((await withToken(door, '/overview', text)).status, 200)
    assert.equal((await withToken(door, '/users', text)).status, 403)
    const listed = await pando(place, ['token', 'list'])
    assert.ok(!listed.stdout.includes(text))
    assert.match(listed.stdout, /reader +admin +\* +1 of \d+ +never/)
    const { items } = await json(place, ['token', 'list', '--user', 'ADMIN'])
    await json(place, ['token', 'revoke', String(items.at(-1).id)])
    assert.equal((await withToken(door, '/overview', text)).status, 401)
  })

  test('a person is added, listed, kept out, let in again and removed; the last administrator stays', async () => {
    const added = await json(place, ['user', 'add', 'alice', '--role', 'Operator', '--password-stdin'], OTHER)
    assert.deepEqual([added.role, added.scope, added.mustChange], ['Operator', '*', true])
    assert.equal((await signIn(door, OTHER, 'alice')).status, 200)
    assert.match((await pando(place, ['user', 'list'])).stdout, /\nadmin|1 +admin +Administrator/)
    assert.equal((await json(place, ['user', 'disable', 'alice'])).disabled, true)
    assert.equal((await signIn(door, OTHER, 'alice')).status, 401)
    assert.match((await pando(place, ['user', 'list'])).stdout, /alice +Operator +\* +disabled/)
    assert.equal((await pando(place, ['user', 'enable', 'alice'])).stdout, 'alice is enabled.\n')
    assert.equal((await signIn(door, OTHER, 'alice')).status, 200)
    await json(place, ['user', 'remove', 'alice'])
    assert.equal((await signIn(door, OTHER, 'alice')).status, 401)
    const last = await pando(place, ['user', 'remove', 'admin'])
    assert.deepEqual([last.code, /nobody would be left/.test(last.stderr)], [1, true])
  })
})

// CLI-8
test('without a running cloud the same commands work on its data, and make none where there is none', async () => {
  const place = makePlace({ PANDO_LOG_LEVEL: 'silent' })
  const nothing = await here(place, ['user', 'password', '--password-stdin'], PASSWORD)
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /there is no data in .*PANDO_DATA_DIR/)
  mkdirSync(place.env['PANDO_DATA_DIR']!)
  assert.equal((await here(place, ['user', 'password', '--password-stdin'], PASSWORD)).code, 0)
  const token = (await here(place, ['token', 'create', 'ci'])).stdout.trim()
  const cloud = start(program('pando'), ['serve'], place)
  const door = { base: JSON.parse(await cloud.line()).listen.apiprovider }
  assert.equal((await signIn(door, PASSWORD)).status, 200)
  assert.equal((await withToken(door, '/overview', token)).status, 200)
  await cloud.stop()
  place.remove()
})

test('what cannot be is told by its name', async () => {
  const place = makePlace({ PANDO_LOG_LEVEL: 'silent' })
  mkdirSync(place.env['PANDO_DATA_DIR']!)
  const told = async (args: string[], text: RegExp, code: number, input = '') => {
    const r = await here(place, args, input)
    assert.equal(r.code, code, r.stderr)
    assert.match(r.stderr, text)
  }
  await told(['user', 'password'], /nobody can be asked .*--password-stdin/, 2)
  await told(['user', 'password', 'bob', '--password-stdin'], /there is nobody called bob; there are admin/, 1, PASSWORD)
  await told(['user', 'password', '--password-stdin'], /12 to 256 characters/, 1, 'short')
  await told(['user', 'add', 'bob', '--role', 'King'], /--role King .*Viewer/, 2)
  await told(['token', 'create', 'x', '--can', 'fly'], /--can fly .*devices\.read/, 2)
  await told(['token', 'create', 'x', '--expires', 'soon'], /--expires soon .*90d/, 2)
  await told(['token', 'create', 'x', '--expires', '2001-01-01'], /in the past/, 1)
  await told(['token', 'revoke', 'x'], /^pando: ID x is not allowed: it takes a whole number/, 2)
  await told(['--json', 'token', 'list'], /--json goes behind the command: pando <command> --json/, 2)
  await told(['token', 'create', 't', '--scope', 'vendor/77'], /there is no vendor 77/, 1)
  await told(['token', 'revoke', '77'], /there is no token 77/, 1)
  place.remove()
})

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
/** As on a terminal: what decides is that stdout says so. */
const onTerminal = (place: Place, command: string): Running =>
  start(process.execPath, ['--import', 'data:text/javascript,process.stdout.isTTY = true', main, command], place)

async function untilLine(running: Running, wanted: RegExp): Promise<string> {
  for (;;) {
    const line = await running.line()
    if (wanted.test(line)) return line
  }
}

for (const command of ['serve', 'demo']) {
  // CLI-9
  test(`${command} on a terminal shows the first password once, and no file holds it`, async (t) => {
    const place = makePlace()
    const terminal = () => {
      const running = onTerminal(place, command)
      t.after(() => running.stop('SIGKILL'))
      return running
    }
    t.after(place.remove)
    const first = terminal()
    await untilLine(first, /with the password/)
    const password = (await untilLine(first, /\S/)).trim()
    await untilLine(first, /pando user password/)
    const file = join(place.env['PANDO_DATA_DIR']!, 'admin-password')
    for (let i = 0; existsSync(file) && i < 200; i++) await wait(10)
    assert.ok(!existsSync(file))
    const { stdout } = await first.stop()
    const door = { base: /(http\S+) +applications/.exec(stdout)![1]! }
    const second = terminal()
    door.base = /(http\S+) +/.exec(await untilLine(second, /applications$/))![1]!
    await untilLine(second, /Ctrl-C/)
    assert.equal((await signIn(door, password)).status, 200)
    assert.ok(!(await second.stop()).stdout.includes('password'))
  })
}
