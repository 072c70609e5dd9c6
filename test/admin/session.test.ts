/** Signing in, cookies and tokens, and what browsers may be made to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../world.ts'
import { doorOfFile, firstPassword, PASSWORD, passwordFiles, type Said } from './door.ts'

const { world, door } = await doorOfFile()
await world.peers.registry.addUser({ name: 'somebody', password: PASSWORD, role: 'Administrator', mustChange: false })

const users = async () => (await world.peers.registry.users({})).items

const signIn = (name: string, password: string, headers = {}): Promise<Said> =>
  door.ask('POST', '/session', { token: '', body: { name, password }, headers })

const cookieOf = (said: Said): string => said.headers.get('set-cookie')!.split(';', 1)[0]!

interface Signed {
  cookie: string
  csrf: string
}
/** Signs in as somebody who is there already. */
async function signedIn(name = 'somebody'): Promise<Signed> {
  const said = await signIn(name, PASSWORD)
  assert.equal(said.status, 200)
  return { cookie: cookieOf(said), csrf: said.json.csrf }
}
const withCookie = (s: Signed, headers: Record<string, string> = {}) => ({ token: '', headers: { Cookie: s.cookie, ...headers } })
const writing = (s: Signed) => withCookie(s, { 'X-CSRF-Token': s.csrf })

// ADM-1
test('S-12: the first administrator has a random password, and can do nothing before it is replaced', async () => {
  const first = firstPassword(world)
  assert.ok(first.length >= 20)
  const said = await signIn('admin', first)
  assert.equal(said.json.user.must_change, true)
  const me = { cookie: cookieOf(said), csrf: said.json.csrf }
  const refused = await door.ask('GET', '/vendors', withCookie(me))
  assert.deepEqual([refused.status, refused.json.params], [403, { reason: 'must_change_password' }])
  const body = { password: 'something only I know', current_password: first, locale: 'zh', zone: 'Asia/Shanghai' }
  const changed = await door.ask('PATCH', '/me', { ...writing(me), body })
  assert.deepEqual([changed.status, changed.json.must_change, changed.json.locale], [200, false, 'zh'])
  assert.equal((await door.ask('GET', '/vendors', withCookie(me))).status, 200)
  assert.equal((await signIn('admin', first)).status, 401)
  // the process that wrote it hears of the change from the one that was asked
  await until('the end of the password file', () => passwordFiles(world).length === 0)
})

// ADM-2
test('O-13: tries are counted by name, whether or not there is one of that name', async () => {
  await world.peers.registry.addUser({ name: 'victim', password: PASSWORD, role: 'Viewer' })
  const tries = async (name: string) => {
    const seen: unknown[] = []
    for (let i = 0; i < 12; i++) {
      const { status, json } = await signIn(name, 'not the password')
      seen.push([status, json.code, json.params.left])
      if (status === 429) break
    }
    return seen
  }
  const victim = await tries('victim')
  assert.deepEqual(victim.at(-1), [429, 'rate_limited', 0])
  assert.deepEqual(await tries('nobody of this name'), victim)
  const locked = await signIn('victim', PASSWORD)
  assert.equal(locked.status, 429)
  assert.ok(Number(locked.headers.get('retry-after')) >= 1)
  assert.ok(locked.json.params.retryAt > Date.now())
})

// ADM-3
test('S-17: the session cookie is out of reach of scripts and other sites; __Host- and Secure only under TLS', async () => {
  const header = (await signIn('somebody', PASSWORD)).headers.get('set-cookie')!
  assert.match(header, /^pando=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
})

// ADM-3
test('S-17: a write with a cookie takes the CSRF token and comes from our own pages', async () => {
  const me = await signedIn()
  const { host } = new URL(door.base)
  const post = (headers: Record<string, string>) =>
    door
      .ask('POST', '/vendors', { ...withCookie(me, headers), body: { name: 'v' } })
      .then((s) => [s.status, s.json.params?.reason])
  const csrf = { 'X-CSRF-Token': me.csrf }
  assert.deepEqual(await post({}), [403, 'csrf'])
  assert.deepEqual(await post({ 'X-CSRF-Token': 'x'.repeat(me.csrf.length) }), [403, 'csrf'])
  // another session's, though of the same person
  assert.deepEqual(await post({ 'X-CSRF-Token': (await signedIn()).csrf }), [403, 'csrf'])
  assert.deepEqual(await post({ ...csrf, Origin: 'https://evil.example' }), [403, 'origin'])
  assert.deepEqual(await post({ ...csrf, Origin: 'http://127.0.0.1:1' }), [403, 'origin'])
  assert.deepEqual(await post({ ...csrf, Origin: 'null' }), [403, 'origin'])
  assert.deepEqual(await post({ ...csrf, 'Sec-Fetch-Site': 'cross-site' }), [403, 'origin'])
  assert.deepEqual(await post({ ...csrf, 'Sec-Fetch-Site': 'same-site' }), [403, 'origin'])
  assert.deepEqual(await post({ ...csrf, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' }), [201, undefined])
  const forced = await signIn('x', 'y', { Origin: 'https://evil.example' })
  assert.deepEqual([forced.status, forced.json.params.reason], [403, 'origin'])
})

// ADM-4
test('a bearer token counts alone: a cookie beside it changes nothing', async () => {
  const me = await signedIn()
  const both = { Cookie: me.cookie, Authorization: 'Bearer not-a-token' }
  assert.equal((await door.ask('GET', '/session', { token: '', headers: both })).status, 401)
  const good = { Cookie: 'pando=forged', Authorization: `Bearer ${door.token}` }
  assert.equal((await door.ask('POST', '/vendors', { token: '', headers: good, body: { name: 'by token' } })).status, 201)
})

// ADM-4
test('S-11: forged, foreign, revoked and expired credentials are refused', async () => {
  const part = (v: object) => Buffer.from(JSON.stringify(v)).toString('base64url')
  const claims = part({ sub: 'admin', role: 'Administrator', exp: 9999999999 })
  const forged = [
    `${part({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    `${part({ alg: 'HS256', kid: "../../dev/null' UNION SELECT 'x" })}.${claims}.${'A'.repeat(43)}`,
    door.token.slice(0, -1),
    `${door.token}x`,
    door.token.toUpperCase(),
    ' ',
    'A'.repeat(512),
    '0',
  ]
  for (const token of forged) {
    const { status, headers } = await door.ask('GET', '/session', { token: '', headers: { Authorization: `Bearer ${token}` } })
    assert.deepEqual([status, headers.get('www-authenticate')], [401, 'Bearer'], token)
  }
  for (const Authorization of ['Basic YWRtaW46YWRtaW4=', 'Bearer', door.token, 'bearer'])
    assert.equal((await door.ask('GET', '/session', { token: '', headers: { Authorization } })).status, 401)
  for (const Cookie of ['pando=', `pando=${door.token}`, 'pando=a; pando=b', '__Host-pando=x', `pando=${'%00'.repeat(9)}`])
    assert.equal((await door.ask('GET', '/session', { token: '', headers: { Cookie } })).status, 401)
  const { token, text } = await door.client('POST /tokens', { body: { name: 't', can: ['devices.read'], expires_at: 0 } })
  assert.equal((await door.ask('GET', '/devices', { token: text })).status, 200)
  assert.equal((await door.ask('GET', '/vendors', { token: text })).status, 403)
  await door.client('DELETE /tokens/{id}', { params: { id: token.id } })
  assert.equal((await door.ask('GET', '/devices', { token: text })).status, 401)
  const soon = { name: 'short', can: [], expires_at: Date.now() + 2000 }
  const short = await door.client('POST /tokens', { body: soon })
  await until('the end of a token', async () => (await door.ask('GET', '/session', { token: short.text })).status === 401)
})

test('a session is listed, ended, and gone; a new sign-in replaces the one that came along', async () => {
  const name = 'somebody'
  await world.peers.registry.revokeSessions({ userId: (await users()).find((u) => u.name === name)!.id })
  const me = await signedIn(name)
  const other = await signIn(name, PASSWORD)
  const { items } = (await door.ask('GET', '/me/sessions', withCookie(me))).json
  assert.deepEqual(items.map((s: { current: boolean }) => s.current).sort(), [false, true])
  assert.deepEqual((await door.ask('DELETE', '/me/sessions', writing(me))).json, { ended: 1 })
  assert.equal((await door.ask('GET', '/session', { token: '', headers: { Cookie: cookieOf(other) } })).status, 401)
  const again = await signIn(name, PASSWORD, { Cookie: me.cookie })
  assert.equal((await door.ask('GET', '/session', withCookie(me))).status, 401)
  const now = { cookie: cookieOf(again), csrf: again.json.csrf }
  const out = await door.ask('DELETE', '/session', writing(now))
  assert.deepEqual([out.status, out.headers.get('set-cookie')!.includes('Max-Age=0')], [204, true])
  assert.equal((await door.ask('GET', '/session', withCookie(now))).status, 401)
})

// ADM-5
test('S-17: headers of every answer, whatever it is', async () => {
  const wanted = {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
  const Origin = 'https://evil.example'
  const asked: [string, string, Record<string, string>][] = [
    ['GET', '/admin/v1/vendors', { Authorization: `Bearer ${door.token}` }],
    ['GET', '/admin/v1/vendors', {}],
    ['GET', '/admin/v1/vendors/77', { Authorization: `Bearer ${door.token}` }],
    ['GET', '/admin/v1/nothing', {}],
    ['PUT', '/admin/v1/vendors', {}],
    ['OPTIONS', '/admin/v1/vendors', { 'Access-Control-Request-Method': 'POST' }],
    ['GET', '/admin/v1/vendors/%E0%A4%A', {}],
    ['GET', '/admin/v1/openapi.json', {}],
    ['GET', '/admin/', {}],
  ]
  for (const [method, path, headers] of asked) {
    const answer = await fetch(door.base + path, { method, headers: { Origin, ...headers } })
    const got = Object.fromEntries(Object.keys(wanted).map((name) => [name, answer.headers.get(name)]))
    assert.deepEqual(got, wanted, `${method} ${path}`)
    const shown = [...answer.headers.keys()].filter((name) => name.startsWith('access-control') || name === 'server')
    assert.deepEqual(shown, [], `${method} ${path}`)
    assert.match(answer.headers.get('x-request-id') ?? '', /^[\w.-]+$/)
    await answer.body?.cancel()
  }
})
