import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { answered, deviceApi, exchange, PRODUCT_KEY, request, SECRET, statusOf, TOKEN } from '../../../test/support/httpaccess.ts'

const api = await deviceApi()
after(() => api.stop())
const registration = { product_key: PRODUCT_KEY, device_code: 'code', version: '1' }

// DEV-5
test('registration: what firmware parses, octet for octet, and the connection closes', async () => {
  const answer = await api.post('registration', registration)
  const [head, body] = answer.split('\r\n\r\n') as [string, string]
  assert.equal(
    body,
    `{"code":0,"message":"","data":{"device_id":1,"device_secret":"${SECRET}","device_key":"${PRODUCT_KEY}","device_identifier":"1-1-code"}}`,
  )
  const [status, ...headers] = head.split('\r\n')
  assert.equal(status, 'HTTP/1.1 200 OK')
  assert.deepEqual(
    headers.map((h) => h.replace(/^Date: .*/, 'Date')),
    ['Content-Type: application/json; charset=UTF-8', `Content-Length: ${body.length}`, 'Connection: close', 'Date'],
  )
})

// DEV-7
test('login: token and the address on which the device has reached us', async () => {
  await api.post('registration', registration)
  const answer = await api.post('authentication', { device_id: 1, device_secret: SECRET, protocol: 'mqtt' })
  assert.match(answer, new RegExp(`"data":{"access_token":"${TOKEN}","access_addr":"127.0.0.1:1883"}}$`))
})

// DEV-6
test('a request in two segments, pretty-printed, with keys that we do not know', async () => {
  const body = `{\r\n\t"product_key" :\t"${PRODUCT_KEY}",\n"device_type":0,"device_module":null,"device_code":"two","version":"1"\n}`
  const whole = request('registration', body).toString()
  const cut = whole.indexOf('{')
  const answer = await exchange(api.base, whole.slice(0, cut), whole.slice(cut))
  assert.equal(answered(answer).data!['device_identifier'], '1-1-two')
  const drips = await exchange(api.base, ...whole.match(/[\s\S]{1,40}/g)!)
  assert.equal(answered(drips).data!['device_identifier'], '1-1-two')
})

// DEV-6
test('what follows the JSON is ignored, as the old cloud did: C strings end in NUL', async () => {
  const body = JSON.stringify({ ...registration, device_code: 'a"}b' })
  for (const tail of ['\0', '\0\0garbage', '}', '\r\n{"device_code":"other"}']) {
    assert.equal(answered(await api.post('registration', body + tail)).data!['device_identifier'], '1-1-a"}b')
  }
})

test('chunked requests are read too', async () => {
  const body = JSON.stringify(registration)
  const head = 'POST /v1/devices/registration HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  const answer = await exchange(api.base, `${head}${body.length.toString(16)};ext=1\r\n${body}\r\n0\r\n\r\n`)
  assert.equal(answered(answer).code, 0)
})

// DEV-5
test('answers stay under 1000 octets with headers, and no code is a multiple of 256', async () => {
  const codes = [
    '<'.repeat(66),
    '"'.repeat(180),
    '\\'.repeat(180),
    'é'.repeat(190),
    '\u0001'.repeat(90),
    '&'.repeat(190),
    'x'.repeat(5000),
  ]
  for (const device_code of codes) {
    const answer = await api.post('registration', { ...registration, device_code: device_code.slice(0, 190) })
    assert.ok(Buffer.byteLength(answer) < 1000, `${Buffer.byteLength(answer)} for ${device_code.slice(0, 3)}`)
    assert.equal(answered(answer).data!['device_identifier'], `1-1-${device_code.slice(0, 190)}`)
  }
  const long = await api.post('authentication', { device_id: 1, device_secret: 'x', protocol: '"'.repeat(3000) })
  assert.ok(Buffer.byteLength(long) < 1000)
  for (const code of [10001, 10002, 10003, 10004]) assert.notEqual(code % 256, 0)
})

test('texts are escaped as Go did it', async () => {
  const answer = await api.post('registration', { ...registration, device_code: '<b>&\u2028\b\f\n\\b' })
  assert.ok(answer.endsWith('"device_identifier":"1-1-\\u003cb\\u003e\\u0026\\u2028\\u0008\\u000c\\n\\\\b"}}'), answer)
})

// DEV-9
test('S-09 ids that are none: refused without asking anybody', async () => {
  const calls = api.registry.calls
  const ids = [
    '0',
    '-1',
    '1.5',
    '"1"',
    'null',
    'true',
    '[1]',
    '{}',
    '1e400',
    '18446744073709551616',
    '9007199254740993',
    '-0',
    '1e-5',
    '"0x1"',
  ]
  for (const id of ids) {
    const answer = answered(await api.post('authentication', `{"device_id":${id},"device_secret":"${SECRET}"}`))
    assert.deepEqual(answer, { code: 10002, message: 'record not found' }, id)
  }
  assert.equal(answered(await api.post('authentication', { device_secret: SECRET })).code, 10002)
  assert.equal(api.registry.calls, calls)
})

test('S-03 a device does not get in with the secret of another case or length', async () => {
  for (const device_secret of [SECRET.toLowerCase(), SECRET.slice(0, 31), `${SECRET} `, '', undefined, 1]) {
    assert.equal(answered(await api.post('authentication', { device_id: 1, device_secret })).code, 10003)
  }
})

// DEV-8
test('a protocol that nobody serves is refused before a token is made', async () => {
  const calls = api.registry.calls
  for (const protocol of ['coap', 'http', '../registry', 'MQTT', '__proto__', 'constructor']) {
    const answer = answered(await api.post('authentication', { device_id: 1, device_secret: SECRET, protocol }))
    assert.deepEqual(answer, { code: 10004, message: `unsuported protocol: ${protocol}` })
  }
  assert.equal(api.registry.calls, calls)
})

test('errors of the cloud: the device reads a code, our log has the rest, nothing inner gets out', async () => {
  for (const error of [new PandoError('disk_full', 'no space on /secret/path'), new Error('at Object.<anonymous>')]) {
    api.registry.error = error
    for (const call of ['registration', 'authentication'] as const) {
      const answer = answered(await api.post(call, { ...registration, device_id: 1, device_secret: SECRET }))
      assert.deepEqual(answer, { code: 10001, message: 'system fault, try again later' })
    }
    api.registry.error = undefined
  }
})

// DEV-11
test('other methods and paths: 404 with Content-Length, and the connection closes', async () => {
  const lines = [
    'GET /v1/devices/registration',
    'PUT /v1/devices/authentication',
    'POST /v1/devices/registrations',
    'POST /v1/devices/registration/x',
    'POST /v1/devices',
    'OPTIONS /v1/devices/registration',
  ]
  for (const line of lines) {
    const answer = await exchange(api.base, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 404 Not Found\r\n[\s\S]*Content-Length: 19\r\n[\s\S]*Connection: close/, line)
  }
  const query = `POST /v1/devices/registration/?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`
  assert.equal(statusOf(await exchange(api.base, query)), 200)
})

test('requests are counted by route and status', async () => {
  const text = await api.metrics.text()
  assert.match(text, /pando_http_requests_total{service="httpaccess",route="registration",status="200"} \d+/)
  assert.match(text, /pando_http_requests_total{service="httpaccess",route="other",status="404"} \d+/)
})
