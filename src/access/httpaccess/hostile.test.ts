import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { answered, deviceApi, exchange, PRODUCT_KEY, request, statusOf } from '../../../test/support/httpaccess.ts'

const api = await deviceApi({ config: { failuresPerMinute: 1_000_000 } })
after(() => api.stop())
const registration = { product_key: PRODUCT_KEY, device_code: 'code', version: '1' }
const head = (...lines: string[]) => `POST /v1/devices/registration HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`
const good = JSON.stringify(registration)

test('B-09 deep JSON, prototypes, duplicates, halves of pairs, numbers of any size: answered, nothing changed', async () => {
  const deep = '['.repeat(32_000) + ']'.repeat(32_000)
  const bodies = [
    deep,
    `{"a":`.repeat(12_000),
    `{"device_code":${deep.slice(0, 30_000)}`,
    '{"__proto__":{"product_key":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    '{"device_id":9007199254740993}',
    '{"device_id":1e999}',
    '{"device_id":NaN}',
    '\ufeff{}',
    '"\\ud800"',
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.alloc(5000),
  ]
  for (const body of bodies) {
    for (const call of ['registration', 'authentication'] as const) {
      const answer = answered(await api.post(call, body))
      assert.ok([10001, 10002].includes(answer.code), `${body.toString().slice(0, 30)}: ${answer.code}`)
    }
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  const twice = `{"device_code":"first",${good.slice(1)}`
  assert.equal(answered(await api.post('registration', twice)).data!['device_identifier'], '1-1-code')
  const half = await api.post('registration', good.replace('code"', 'code\\ud800"'))
  assert.equal(half.includes('device_code'), false)
})

test('B-09 half a surrogate pair in a code becomes U+FFFD, as Go read it', async () => {
  const answer = await api.post('registration', good.replace('"code"', '"a\\ud800b"'))
  assert.equal(answered(answer).data!['device_identifier'], '1-1-a\ufffdb')
})

// DEV-11
test('B-10 a body above 64 KiB is refused, by its length or as it comes, and so is a compressed one', async () => {
  const big = Buffer.alloc(70_000, 0x20)
  const calls = api.registry.calls
  assert.equal(statusOf(await exchange(api.base, head('Content-Length: 10000000000'))), 413)
  assert.equal(statusOf(await exchange(api.base, request('registration', big))), 413)
  const chunked = Buffer.concat([
    Buffer.from(`${head('Transfer-Encoding: chunked')}${big.length.toString(16)}\r\n`),
    big,
    Buffer.from('\r\n0\r\n\r\n'),
  ])
  assert.equal(statusOf(await exchange(api.base, chunked)), 413)
  const bomb = gzipSync(Buffer.alloc(10 << 20))
  const zipped = Buffer.concat([Buffer.from(head('Content-Encoding: gzip', `Content-Length: ${bomb.length}`)), bomb])
  assert.equal(answered(await exchange(api.base, zipped)).code, 10001)
  assert.equal(api.registry.calls, calls)
})

test('B-10 two lengths, length and chunks, bad chunks, a bad Host: refused and closed, nothing smuggled in', async () => {
  const calls = api.registry.calls
  const inner = request('registration', good).toString()
  const requests = [
    `${head('Content-Length: 0', 'Transfer-Encoding: chunked')}0\r\n\r\n${inner}`,
    `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n${inner}`,
    `${head('Content-Length: 2', 'Content-Length: 3')}{}`,
    `${head('Content-Length: +2')}{}`,
    `${head('Transfer-Encoding: chunked')}zz\r\n${inner}`,
    `POST /v1/devices/registration HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: ${good.length}\r\n\r\n${good}`.replace(
      'Host: x\r\nHost: y',
      'Host : x',
    ),
    `POST /v1/devices/registration\r\n\r\n`,
    `POST /v1/devices/registration HTTP/9.9\r\nHost: x\r\n\r\n`,
  ]
  for (const text of requests) {
    const answer = await exchange(api.base, text)
    assert.match(answer, /^(HTTP\/1\.1 400 |$)/, `${text.slice(0, 120)} → ${answer.slice(0, 40)}`)
  }
  assert.equal(api.registry.calls, calls)
})

test('B-10 a header of 1 MB is refused', async () => {
  const answer = await exchange(api.base, head(`X: ${'a'.repeat(1 << 20)}`, 'Content-Length: 0'))
  assert.match(answer, /^(HTTP\/1\.1 431 |$)/)
})

test('B-10 pipelined requests: one is served, one answer, the connection closes', async () => {
  const calls = api.registry.calls
  const one = request('registration', good)
  const answer = await exchange(api.base, Buffer.concat([one, one, one]))
  assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1)
  assert.equal(api.registry.calls, calls + 1)
})

// DEV-11
test('O-11 a body that drips is cut off after 10 s', async () => {
  const slow = exchange(api.base, `${head('Content-Length: 50')}{`)
  while (!(await api.metrics.text()).includes('status="408"')) {
    api.clock.advance(2500)
    await pause(2)
  }
  assert.equal(statusOf(await slow), 408)
})

test('F-17 clients that go away in the middle leave nothing behind', async () => {
  const whole = request('registration', good)
  const { hostname, port } = new URL(api.base)
  const { connect } = await import('node:net')
  for (let i = 1; i < whole.length; i += 5) {
    await new Promise<void>((done) => {
      const socket = connect(Number(port), hostname, () => socket.write(whole.subarray(0, i), () => socket.resetAndDestroy()))
      socket.on('close', () => done())
      socket.on('error', () => {})
    })
  }
  assert.equal(answered(await api.post('registration', registration)).code, 0)
})
