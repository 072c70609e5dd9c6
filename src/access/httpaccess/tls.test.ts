import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { answered, deviceApi, exchange, PRODUCT_KEY, request } from '../../../test/support/httpaccess.ts'
import { rsaCertificate } from '../../../test/support/rsacertificate.ts'

const api = await deviceApi({
  tls: { ...rsaCertificate, minVersion: 'TLSv1.2' },
  config: { httpaccessLegacyTlsListen: { host: '127.0.0.1', port: 0 } },
})
after(() => api.stop())
const body = JSON.stringify({ product_key: PRODUCT_KEY, device_code: 'tls', version: '1' })

/** A chip of 2015: TLS 1.0, AES-SHA with RSA, no SNI, nothing verified. */
const chip: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' }
const modern: ConnectionOptions = { minVersion: 'TLSv1.2' }

function secure(base: string, options: ConnectionOptions): Promise<string> {
  return new Promise((done) => {
    let got = ''
    const socket = connect({ port: Number(new URL(base).port), host: '127.0.0.1', rejectUnauthorized: false, ...options })
    socket.setEncoding('utf8')
    socket.on('secureConnect', () => socket.write(request('registration', body)))
    socket.on('data', (text) => (got += text))
    socket.on('error', () => {})
    socket.on('close', () => done(got))
  })
}

// DEV-12
test('TLS and plain text share the port of the device API; chips of 2015 get no weak TLS there', async () => {
  assert.equal(answered(await secure(api.base, modern)).code, 0)
  assert.equal(answered(await exchange(api.base, request('registration', body))).code, 0)
  assert.equal(await secure(api.base, chip), '')
})

// DEV-12
test('the legacy listener speaks TLS of 2015 with such a chip, and never plain text', async () => {
  const legacy = api.listen['httpaccessLegacyTls']!
  assert.match(legacy, /^https:/)
  assert.equal(answered(await secure(legacy, chip)).code, 0)
  assert.equal(await exchange(legacy, request('registration', body)), '')
})

// DEV-12
test('without its setting, or without a certificate, there is no legacy listener', async () => {
  const without = await deviceApi({ config: { httpaccessLegacyTlsListen: { host: '127.0.0.1', port: 0 } } })
  assert.deepEqual(Object.keys(without.listen), ['httpaccess'])
  await without.stop()
})
