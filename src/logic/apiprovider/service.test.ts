import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { type Api, application, device, startApi } from '../../../test/fakes/apiprovider.ts'
import { ask, type HttpAsk } from '../../../test/fakes/http.ts'
import { deviceRoutes } from './routes.ts'

const KEY = 'a'.repeat(64)
const KEY_OF_1 = '1'.repeat(64)
const KEY_BAD_SCOPE = 'b'.repeat(64)
const DEVICE_KEY = 'd'.repeat(64)
const odd = [
  '1-1-a/b',
  '1-1-a%2Fb',
  '1-1-50%25',
  '1-1-a b',
  '1-1-"q\'',
  '1-1-a-b-c',
  '1-1-é#?',
  '1-1-a+b',
  '1-1-constructor',
  '1-1-;=@&$,',
]

let api: Api
let asked: { method: string; input: Record<string, unknown> }[] = []
let fail: unknown

const controller = Object.fromEntries(
  Object.entries({
    latest: { json: '{"n":[18446744073709551615,-0,1e400]}' },
    ask: { json: '{"light":[1,500]}' },
    setStatus: { id: '1', state: 'delivered' },
    command: { id: '1', state: 'delivered' },
  }).map(([method, answer]) => [
    method,
    async (input: Record<string, unknown>) => {
      asked.push({ method, input })
      if (fail) throw fail
      return answer
    },
  ]),
)

before(async () => {
  api = await startApi({
    applications: [application(1, KEY), application(2, KEY_OF_1, 'product/1'), application(3, KEY_BAD_SCOPE, 'all')],
    devices: [device(7, '1-2-rich', DEVICE_KEY), ...odd.map((identifier, i) => device(100 + i, identifier))],
    controller,
  })
})
after(() => api.stop())

async function call(path: string, o: Omit<HttpAsk, 'path'> = {}) {
  asked = []
  const got = await ask(api.base, { path, ...o, headers: { 'App-Key': KEY, ...o.headers } })
  return { ...got, json: got.body.startsWith('{') ? JSON.parse(got.body) : undefined }
}

const v1 = '/application/v1/devices/1-2-rich'

test('data of the controller is passed on digit by digit', async () => {
  const { body, status, headers } = await call(`${v1}/status/latest`)
  assert.equal(body, '{"code":0,"message":"","data":{"n":[18446744073709551615,-0,1e400]}}')
  assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=UTF-8'])
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
})

test('a body is passed on as it is, and there is no data where there is none', async () => {
  const body = '{"light":[1, 9007199254740993],\n"é":["\\ud800"]}'
  const { body: answer } = await call(`${v1}/status`, { method: 'PUT', body })
  assert.equal(answer, '{"code":0,"message":""}')
  assert.deepEqual(asked, [{ method: 'setStatus', input: { deviceId: 7, body, timeout: 5000 } }])
})

// REST-5
test('the older spellings are the same calls (docs/application-api.md §1)', async () => {
  const old = '/v1/application/device'
  const info = { identifier: '1-2-rich', name: 'rich product', description: 'every value type', version: '1.0.0' }
  assert.deepEqual((await call(`${old}/info?device_key=${DEVICE_KEY}`)).json.data, info)
  assert.deepEqual((await call(`${old}/1-2-rich/info`)).json.data, info)
  assert.deepEqual((await call(`${old}/1-2-rich/status/current`)).json.data, { light: [1, 500] })
  await call(`${old}/1-2-rich/status`, { method: 'PUT', body: '{}' })
  assert.deepEqual(asked, [{ method: 'setStatus', input: { deviceId: 7, body: '{}', timeout: 5000 } }])
  await call(`${old}/1-2-rich/command`, { method: 'POST', body: '{"ping":[]}' })
  assert.deepEqual(asked, [{ method: 'command', input: { deviceId: 7, body: '{"ping":[]}', timeout: 3000 } }])
})

// ID-1
test('a device code may hold any character, compared exactly', async () => {
  for (const identifier of odd) {
    const { json } = await call(`/application/v1/devices/${encodeURIComponent(identifier)}/info`)
    assert.equal(json.data?.identifier, identifier)
  }
  assert.equal((await call('/application/v1/devices/1-1-A%20b/info')).json.code, 10003)
  assert.equal((await call('/application/v1/devices/1-1-a/b/info')).status, 404)
})

test('S-18 names of prototypes are ordinary texts', async () => {
  for (const name of ['constructor', '__proto__', 'toString', '..', '%2e%2e%2fetc']) {
    assert.equal((await call(`/application/v1/devices/1-2-${name}/info`)).json.code, 10003, name)
    assert.equal((await call(`/application/v1/devices/${name}/info`)).json.code, 10008, name)
    assert.equal((await call(`/application/v1/${name}`)).status, 404, name)
  }
})

test('a long identifier is looked up, not cut', async () => {
  assert.equal((await call(`/application/v1/devices/1-2-${'x'.repeat(5000)}/info`)).json.code, 10003)
})

// REST-4
test('the timeout of a command is in seconds: default 3, at most 60, anything else is 10007', async () => {
  const cases: [string, number | undefined][] = [
    ['', 3000],
    ['?timeout=', 3000],
    ['?timeout=0', 3000],
    ['?timeout=7', 7000],
    ['?timeout=0.5', 500],
    ['?timeout=60', 60_000],
    ['?timeout=1000000', 60_000],
    ['?timeout=5&timeout=9', 5000],
    ['?timeout=-1', undefined],
    ['?timeout=abc', undefined],
    ['?timeout=Infinity', undefined],
    ['?timeout=1e9', undefined],
  ]
  for (const [query, timeout] of cases) {
    const { json } = await call(`${v1}/commands${query}`, { method: 'POST', body: '{"ping":[]}' })
    assert.equal(json.code, timeout === undefined ? 10007 : 0, query)
    assert.equal(asked[0]?.input['timeout'], timeout, query)
  }
})

// REST-6
test('any content type is taken, also none and what is none', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
    '',
    ';;;',
    'application/json; charset=gbk',
  ]) {
    const { json } = await call(`${v1}/status`, { method: 'PUT', body: '{"a":[1]}', headers: { 'Content-Type': type } })
    assert.equal(json?.code, 0, type)
    assert.equal(asked[0]?.input['body'], '{"a":[1]}')
  }
  await call(`${v1}/status`, { method: 'PUT', body: '{"a":[1]}' })
  assert.equal(asked[0]?.input['body'], '{"a":[1]}')
  await call(`${v1}/status`, { method: 'PUT' })
  assert.equal(asked[0]?.input['body'], '')
})

test('a body may come in chunks; that of a GET is not looked at', async () => {
  await call(`${v1}/status`, { method: 'PUT', body: '{"a":[2]}', chunked: true })
  assert.equal(asked[0]?.input['body'], '{"a":[2]}')
  assert.equal((await call(`${v1}/info`, { body: 'x'.repeat(3_000_000) })).json.code, 0)
})

test('HEAD answers like GET without the body; a trailing slash is the same path; other methods are 404', async () => {
  const head = await call(`${v1}/status/current`, { method: 'HEAD' })
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '48'])
  assert.equal(asked[0]?.method, 'ask')
  assert.equal((await call(`${v1}/info/`)).json.code, 0)
  for (const method of ['POST', 'DELETE', 'OPTIONS', 'PATCH']) {
    const got = await call(`${v1}/info`, { method, body: '' })
    assert.deepEqual([got.status, got.body, got.headers['x-content-type-options']], [404, '404 page not found\n', 'nosniff'])
  }
})

// REST-2
test('S-01 out of scope, a device that exists answers like one that does not', async () => {
  const headers = { 'App-Key': KEY_OF_1 }
  const [there, missing] = [
    await call(`${v1}/info`, { headers }),
    await call('/application/v1/devices/1-2-none/info', { headers }),
  ]
  assert.equal(there.body, '{"code":10008,"message":"app has no access right on device."}')
  assert.equal(missing.body, there.body)
  assert.equal((await call('/application/v1/devices/1-1-none/info', { headers })).json.code, 10003)
  assert.equal((await call(`/application/v1/device/info?device_key=${DEVICE_KEY}`, { headers })).json.code, 10008)
  assert.equal((await call(`${v1}/info`, { headers: { 'App-Key': KEY_BAD_SCOPE } })).json.message, 'wrong app domain all')
})

// REST-2
test('S-01 … on every route, in every spelling, whatever else the call says, and nobody is asked anything', async () => {
  const headers = { 'App-Key': KEY_OF_1 }
  let tried = 0
  for (const { method, paths } of deviceRoutes) {
    for (const path of paths) {
      for (const body of method === 'GET' ? [undefined] : ['{"light":[1]}', 'no JSON']) {
        const of = (identifier: string) =>
          call(path.replace(':identifier', identifier), { method, headers, ...(body !== undefined && { body }) })
        const [there, missing] = [await of('1-2-rich'), await of('1-2-none')]
        assert.deepEqual([there.status, there.body], [missing.status, missing.body], `${method} ${path}`)
        assert.equal(there.json.code, 10008, `${method} ${path}`)
        assert.deepEqual(asked, [])
        tried++
      }
    }
  }
  assert.ok(tried > deviceRoutes.length)
})

// ID-3
test('an identifier that names another vendor or product does not help: the scope is checked with the real ones', async () => {
  const moved = { ...device(9, '1-1-moved'), productId: 2 }
  const own = await startApi({ applications: [application(2, KEY_OF_1, 'product/1')], devices: [moved], controller })
  const got = await ask(own.base, { path: '/application/v1/devices/1-1-moved/info', headers: { 'App-Key': KEY_OF_1 } })
  assert.equal(JSON.parse(got.body).code, 10008)
  await own.stop()
})

// REST-3
test('errors of the controller become codes; what is our fault carries a request id', async () => {
  fail = new PandoError('device_offline', 'device is not online.')
  assert.equal((await call(`${v1}/status/current`)).body, '{"code":10004,"message":"device is not online."}')
  fail = new TypeError('secret thing broke')
  const mine = await call(`${v1}/status/current`, { headers: { 'X-Request-Id': 'req-1.a' } })
  assert.equal(mine.body, '{"code":10001,"message":"internal error"}')
  assert.deepEqual([mine.status, mine.headers['x-request-id']], [200, 'req-1.a'])
  const forged = await call(`${v1}/status/current`, { headers: { 'X-Request-Id': 'a b<script>' } })
  assert.match(String(forged.headers['x-request-id']), /^[0-9a-f]{16}$/)
  fail = undefined
})

test('requests are counted by route and status', async () => {
  await call(`${v1}/status/latest`)
  const text = await api.metrics.text()
  assert.match(text, /^pando_http_requests_total\{service="apiprovider",route="status\/latest",status="200"\} [1-9]/m)
})
