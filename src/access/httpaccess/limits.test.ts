import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, deviceApi, exchangeFrom, PRODUCT_KEY, request, SECRET } from '../../../test/support/httpaccess.ts'

const registration = { product_key: PRODUCT_KEY, device_code: 'code', version: '1' }
const tooMany = { code: 10001, message: 'too many failures, try again later' }

// DEV-10
test('O-13 guessing from one address stops at the limit, without work for the registry, and ends with the minute', async () => {
  const api = await deviceApi({ config: { failuresPerMinute: 20 } })
  await api.post('registration', registration)
  for (let i = 0; i < 20; i++) {
    const guess = i % 2 === 0 ? { device_id: 1, device_secret: `${i}` } : { device_id: 9 }
    assert.notEqual(answered(await api.post('authentication', guess)).code, 10001)
  }
  const calls = api.registry.calls
  assert.deepEqual(answered(await api.post('authentication', { device_id: 1, device_secret: SECRET })), tooMany)
  assert.deepEqual(answered(await api.post('registration', '{')), tooMany)
  assert.equal(api.registry.calls, calls)
  const login = request('authentication', JSON.stringify({ device_id: 1, device_secret: SECRET }))
  assert.equal(answered(await exchangeFrom('127.0.0.2', api.base, login)).code, 0, 'another address is served')
  api.clock.advance(60_000)
  assert.equal(answered(await api.post('authentication', { device_id: 1, device_secret: SECRET })).code, 0)
  await api.stop()
})

// DEV-10
test('O-13 a fleet behind one address is never slowed by its success, nor by failures of the cloud', async () => {
  const api = await deviceApi({ config: { failuresPerMinute: 3 } })
  for (let i = 0; i < 50; i++) {
    assert.equal(answered(await api.post('registration', { ...registration, device_code: `${i}` })).code, 0)
    assert.equal(answered(await api.post('authentication', { device_id: 1, device_secret: SECRET })).code, 0)
  }
  api.registry.error = new Error('broken')
  for (let i = 0; i < 10; i++) await api.post('registration', registration)
  api.registry.error = undefined
  assert.equal(answered(await api.post('registration', registration)).code, 0)
  await api.stop()
})
