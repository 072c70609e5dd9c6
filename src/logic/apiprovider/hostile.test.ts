import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { PandoError } from '#lib/errors.ts'
import { makeLog } from '#lib/log.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseModel, statusFromJson } from '#protocol/model.ts'
import { type Api, application, device, startApi } from '../../../test/fakes/apiprovider.ts'
import { ask, raw } from '../../../test/fakes/http.ts'
import { vectors } from '../../../test/vectors/read.ts'
import { defaultLimits } from './limits.ts'

const KEY = 'a'.repeat(64)
const OTHER_KEY = 'b'.repeat(64)
const path = '/application/v1/devices/1-2-rich/status'
const model = parseModel(vectors('rich-product'))
const lines: string[] = []

let api: Api
let answers: (() => void)[] = []

before(async () => {
  api = await startApi({
    applications: [application(1, KEY), application(2, OTHER_KEY)],
    devices: [device(7, '1-2-rich', 'd'.repeat(64))],
    controller: {
      latest: async () => ({ json: '{}' }),
      ask: () => new Promise((done) => answers.push(() => done({ json: '{}' }))),
      setStatus: async ({ body }) => {
        try {
          statusFromJson(model, body)
          return { id: '1', state: 'delivered' }
        } catch (e) {
          if (!(e instanceof ProtocolError)) throw e
          throw new PandoError('frame_invalid', e.message, {}, e)
        }
      },
    },
    registry: {
      deviceByKey: async ({ key }) => {
        throw new Error(`canary-cause ${key.length}`)
      },
    },
    log: makeLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } }),
  })
})
after(() => api.stop())

const put = (body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(api.base, { method: 'PUT', path, body, headers: { 'App-Key': KEY, ...headers } })

// REST-6
test('B-09 bodies of every wrong form are 10005 and leave nothing behind', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  const bodies = [
    '['.repeat(100_000),
    `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    `{"light":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"__proto__":[1,2]}',
    '{"toString":[1]}',
    '{"light":[1e99999,2]}',
    '{"light":[NaN,2]}',
    '{"light":[1,2]}x',
    '\ufeff{"light":[1,2]}',
    '{"o_int64":[9223372036854775808]}',
    '{"light":"\ud800"}',
    '"light"',
    'true',
    '1',
    ' ',
  ]
  for (const body of bodies) {
    const got = await put(body)
    assert.deepEqual([got.status, JSON.parse(got.body).code], [200, 10005], body.slice(0, 40))
  }
  assert.equal(JSON.parse((await put(Buffer.from([0xff, 0xfe, 0x00, 0x22]))).body).code, 10005)
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('B-10 a compressed body is not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(1 << 20, ' '))
  assert.equal(JSON.parse((await put(bomb, { 'Content-Encoding': 'gzip' })).body).code, 10005)
})

// REST-7
test('B-10 a body above 1 MB is 413 with the limit named, by length or in chunks; one of 1 MB is read', async () => {
  const body = ' '.repeat((1 << 20) + 1)
  for (const chunked of [false, true]) {
    const got = await ask(api.base, { method: 'PUT', path, body, chunked, headers: { 'App-Key': KEY } })
    assert.equal(got.status, 413)
    assert.deepEqual(JSON.parse(got.body), { code: 10005, message: 'the body is larger than 1048576 octets' })
  }
  assert.equal((await put(' '.repeat(1 << 20))).status, 200)
})

test('O-11 large bodies together are bounded: refused with 503 and Retry-After, small ones still served', async () => {
  const head = `PUT ${path} HTTP/1.1\r\nHost: a\r\nApp-Key: ${KEY}\r\nContent-Length: 1000000\r\n\r\n`
  const { hostname, port } = new URL(api.base)
  const sockets = Array.from({ length: 70 }, () => connect(Number(port), hostname))
  const refused = sockets.map((s) => new Promise<string>((done) => s.once('data', (d) => done(d.toString('latin1')))))
  for (const s of sockets) s.write(head)
  const first = await Promise.race(refused)
  assert.match(first, /^HTTP\/1\.1 503 .*\r\nretry-after: 1\r\n/is)
  assert.equal((await put('{"light":[1,2]}')).body, '{"code":0,"message":""}')
  for (const s of sockets) s.destroy()
})

// REST-7
test('O-11 an application with too many calls under way gets 429 and Retry-After, another one is served', async () => {
  const { callsOfOne: most } = defaultLimits
  const headers = { 'App-Key': KEY }
  const question = `GET ${path}/current HTTP/1.1\r\nHost: a\r\nApp-Key: ${KEY}\r\n`
  const waiting = raw(api.base, [`${question}\r\n`.repeat(most - 1), `${question}Connection: close\r\n\r\n`])
  while (answers.length < most) await new Promise((done) => setImmediate(done))
  const refused = await ask(api.base, { path: `${path}/latest`, headers })
  assert.deepEqual([refused.status, refused.headers['retry-after'], JSON.parse(refused.body).code], [429, '1', 10001])
  assert.equal((await ask(api.base, { path: `${path}/latest`, headers: { 'App-Key': OTHER_KEY } })).status, 200)
  for (const answer of answers) answer()
  answers = []
  assert.equal((await waiting).match(/HTTP\/1\.1 200 OK/g)?.length, most)
  assert.equal((await ask(api.base, { path: `${path}/latest`, headers })).status, 200)
})

test('B-10 what could be read in two ways, or is no HTTP of today, is refused early', async () => {
  const key = `App-Key: ${KEY}\r\n`
  const cases: [string, RegExp][] = [
    [
      `PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [`PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, /^HTTP\/1\.1 400 /],
    [`PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Content-Length: -1\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`GET ${path}/latest\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`GET ${path}/latest HTTP/2.0\r\nHost: a\r\n${key}\r\n`, /^HTTP\/1\.1 400 /],
    [`GET ${path}/latest HTTP/1.1\r\n${key}\r\n`, /^HTTP\/1\.1 400 /],
    [`GET ${path}/latest HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1 << 20)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /application/v1/devices/1-2-a%zz/info HTTP/1.1\r\nHost: a\r\n${key}Connection: close\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ]
  for (const [request, expected] of cases) {
    const got = await raw(api.base, [request])
    assert.match(got, expected, request.slice(0, 120))
    assert.equal(got.match(/HTTP\/1\.1 /g)?.length, 1, 'one refusal, nothing after it')
  }
})

test('B-10 chunk extensions, pipelined requests and requests cut anywhere keep in step', async () => {
  const key = `App-Key: ${KEY}\r\n`
  const body = '8;ext="x"\r\n{"light"\r\n7\r\n:[1,2]}\r\n0\r\n\r\n'
  const chunked = `PUT ${path} HTTP/1.1\r\nHost: a\r\n${key}Transfer-Encoding: chunked\r\n\r\n${body}`
  const last = `GET ${path}/latest HTTP/1.1\r\nHost: a\r\n${key}Connection: close\r\n\r\n`
  const all = `${chunked}GET ${path}/latest HTTP/1.1\r\nHost: a\r\n${key}\r\n${chunked}${last}`
  const wanted = [
    '{"code":0,"message":""}',
    '{"code":0,"message":"","data":{}}',
    '{"code":0,"message":""}',
    '{"code":0,"message":"","data":{}}',
  ]
  for (const parts of [[all], [...all]]) {
    const got = await raw(api.base, parts)
    assert.deepEqual(got.match(/\{"code".*?\}(?=HTTP|$)/g), wanted)
  }
})

test('S-19 no key and no inner cause is in an answer or a log line', async () => {
  const canary = 'c0ffee'.padEnd(64, '7')
  await ask(api.base, { path: `${path}/latest`, headers: { 'App-Key': canary } })
  await ask(api.base, { path: `/application/v1/device/info?device_key=${canary}`, headers: { 'App-Key': canary } })
  const broken = await ask(api.base, { path: `/application/v1/device/info?device_key=${canary}`, headers: { 'App-Key': KEY } })
  assert.equal(broken.body, '{"code":10001,"message":"internal error"}')
  const log = lines.join('')
  assert.match(log, /canary-cause 64/)
  assert.ok(log.includes(String(broken.headers['x-request-id'])), 'the log has the request id that the caller was given')
  assert.ok(!log.includes(canary) && !log.includes(KEY))
})

// REST-9
test('device/info by key without an App-Key is 10003, unless the setting opens it', async () => {
  const key = 'd'.repeat(64)
  const info = `/application/v1/device/info?device_key=${key}`
  const shut = await startApi({ applications: [], devices: [device(7, '1-2-rich', key)] })
  assert.equal((await ask(shut.base, { path: info })).body, '{"code":10003,"message":"missing device identifier or app key."}')
  await shut.stop()
  const open = await startApi({
    applications: [],
    devices: [device(7, '1-2-rich', key)],
    env: { PANDO_LEGACY_OPEN_DEVICE_INFO: 'true' },
  })
  for (const headers of [{}, { 'App-Key': '00' }] as Record<string, string>[]) {
    assert.equal(JSON.parse((await ask(open.base, { path: info, headers })).body).data.identifier, '1-2-rich')
  }
  await open.stop()
})
