import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { answered, deviceApi, PRODUCT_KEY, SECRET } from '../../../test/support/httpaccess.ts'

const registration = { product_key: PRODUCT_KEY, device_code: 'code', version: '1.0' }
const wrong = { device_id: 1, device_secret: 'wrong' }

// DIARY-1
test('the diary: registered, registered again, logged in, with address and protocol, and no secret', async () => {
  const api = await deviceApi()
  await api.post('registration', registration)
  await api.post('registration', { ...registration, version: '1.1' })
  await api.post('authentication', { device_id: 1, device_secret: SECRET })
  await api.stop()
  assert.deepEqual(
    api.entries.map((e) => [e.cause, e.device, e.params['version']]),
    [
      ['registered', 1, '1.0'],
      ['registered_again', 1, '1.1'],
      ['logged_in', 1, undefined],
    ],
  )
  for (const { params } of api.entries) {
    assert.equal(params['protocol'], 'http')
    assert.match(String(params['address']), /^127\.0\.0\.1:\d+$/)
    assert.doesNotMatch(JSON.stringify(params), new RegExp(SECRET))
  }
})

// DIARY-2
test('repeated refusals of a device: the first at once, then one entry a minute with their number', async () => {
  const api = await deviceApi()
  await api.post('registration', registration)
  for (let i = 0; i < 20; i++) await api.post('authentication', wrong)
  await api.post('authentication', { ...wrong, device_id: 77 })
  api.clock.advance(60_000)
  await api.post('authentication', wrong)
  await api.stop()
  const refused = api.entries.filter((e) => e.cause === 'secret_wrong')
  assert.deepEqual(
    refused.map((e) => [e.device, e.params['count']]),
    [
      [1, 1],
      [1, 19],
      [1, 1],
    ],
  )
})

test('a registration refused by policy stands in the diary of the device that it would have been', async () => {
  const api = await deviceApi()
  api.registry.error = new PandoError('registration_once', 'device has logged in before.', { id: 42 })
  const answer = answered(await api.post('registration', registration))
  assert.deepEqual(answer, { code: 10001, message: 'device has logged in before.' })
  await api.stop()
  assert.deepEqual(
    api.entries.map((e) => [e.cause, e.device]),
    [['registration_once', 42]],
  )
})

test('F-09 devices are answered while the log takes nothing, and the entries follow', async () => {
  const api = await deviceApi()
  const accept = api.log.accept
  let open = () => {}
  const blocked = new Promise<void>((done) => (open = done))
  api.log.accept = async (batch) => {
    await blocked
    return accept(batch)
  }
  assert.equal(answered(await api.post('registration', registration)).code, 0)
  assert.equal(answered(await api.post('authentication', { device_id: 1, device_secret: SECRET })).code, 0)
  assert.equal(api.entries.length, 0)
  open()
  await api.stop()
  assert.equal(api.entries.length, 2)
})
