import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Announced, makeAccessPoints } from '#access/shared/accesspoints.ts'
import { hostPort, subscriber, unmapped } from '#access/shared/addresses.ts'
import { makeFailures } from '#access/shared/failures.ts'
import { isPandoError } from '#lib/errors.ts'
import { testClock } from '../../../test/support/testclock.ts'
import { readFields } from './fields.ts'
import { keyComplaint } from './productkey.ts'

const everywhere = { host: '0.0.0.0', port: 1883 }

// DEV-7
test('access address: configured, else announced, else where MQTT is set to listen; 0.0.0.0 is the address reached', async () => {
  const points = (announced: readonly Announced[], config = {}) =>
    makeAccessPoints({ mqttaccessListen: everywhere, ...config }, async (s) => (s === 'mqttaccess' ? announced : []))
  const all = [{ id: 'a', public: { mqtt: '0.0.0.0:2000' } }]
  assert.equal(await points(all, { mqttaccessPublic: 'mqtt.example.com:1' })('mqtt', '10.0.0.1'), 'mqtt.example.com:1')
  assert.equal(await points(all)('mqtt', '10.0.0.1'), '10.0.0.1:2000')
  assert.equal(await points([{ id: 'a', public: { mqtt: '[::]:2000' } }])('mqtt', '10.0.0.1'), '10.0.0.1:2000')
  assert.equal(await points([{ id: 'a', public: { mqtt: '10.9.9.9:7' } }])('mqtt', '10.0.0.1'), '10.9.9.9:7')
  assert.equal(await points([])('mqtt', '10.0.0.1'), '10.0.0.1:1883')
  assert.equal(await points(all)('mqtt', '::1'), '[::1]:2000')
  await assert.rejects(points([], { mqttaccessListen: { host: '0.0.0.0', port: 0 } })('mqtt', '10.0.0.1'), (e) =>
    isPandoError(e, 'unavailable'),
  )
})

test('access address: devices are dealt out over the nodes that are announced', async () => {
  const nodes = ['10.0.0.1:1', '10.0.0.2:1'].map((mqtt, i) => ({ id: `${i}`, public: { mqtt } }))
  const points = makeAccessPoints({ mqttaccessListen: everywhere }, async () => nodes)
  const given = await Promise.all([1, 2, 3, 4].map(() => points('mqtt', 'x')))
  assert.deepEqual(given.sort(), ['10.0.0.1:1', '10.0.0.1:1', '10.0.0.2:1', '10.0.0.2:1'])
})

test('access address: another protocol only where a service for it is announced', async () => {
  const points = makeAccessPoints({ mqttaccessListen: everywhere }, async (s) =>
    s === 'coapaccess'
      ? [{ id: 'c', public: { coap: '0.0.0.0:5683', http: '0.0.0.0:80' } }]
      : [{ id: 'h', public: { http: 'x:1' } }],
  )
  assert.equal(await points('coap', '10.0.0.1'), '10.0.0.1:5683')
  assert.equal(await points('xmpp', '10.0.0.1'), undefined)
  assert.equal(await points('http', '10.0.0.1'), 'x:1')
  assert.equal(await makeAccessPoints({ mqttaccessListen: everywhere }, undefined)('coap', 'x'), undefined)
})

test('O-13 an address may fail so many times, then has to wait; others and the successful do not', () => {
  const clock = testClock()
  const f = makeFailures(7, clock)
  for (let i = 0; i < 7; i++) {
    assert.equal(f.blocked('a'), false, `${i}`)
    f.failed('a')
  }
  assert.equal(f.blocked('a'), true)
  assert.equal(f.blocked('b'), false)
  clock.advance(60_000 / 7 + 1)
  assert.equal(f.blocked('a'), false)
  f.failed('a')
  assert.equal(f.blocked('a'), true)
  clock.advance(60_001)
  for (let i = 0; i < 7; i++) f.failed('a')
  assert.equal(f.blocked('a'), true)
})

test('O-13 F-13 failures take bounded memory, and a clock that is set back locks nobody out for long', () => {
  const clock = testClock()
  const f = makeFailures(1, clock, 100)
  for (let i = 0; i < 1000; i++) f.failed(`10.0.0.${i}`)
  assert.equal(f.size, 100)
  assert.equal(f.blocked('10.0.0.999'), true)
  clock.set(clock.now() - 3_600_000)
  f.failed('10.0.0.999')
  clock.advance(60_001)
  f.failed('x')
  clock.advance(60_001)
  assert.equal(f.blocked('x'), false)
})

test('O-13 IPv6: a network of 64 bits is one subscriber', () => {
  const cases: [string, string][] = [
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1'],
    ['2001:db8:0:1::9', '2001:db8:0:1'],
    ['2001:0DB8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['2001:db8:1:2:3:4:10.1.2.3', '2001:db8:1:2'],
    ['64:ff9b::10.1.2.3', '64:ff9b:0:0'],
  ]
  for (const [ip, who] of cases) assert.equal(subscriber(ip), who, ip)
  assert.equal(unmapped(undefined), '')
  assert.equal(hostPort('::1', 5), '[::1]:5')
})

// DEV-6
test('fields: names in any case, wrong types are missing, the rest counts', () => {
  const types = { device_id: 'number', protocol: 'string' } as const
  const read = (text: string) => readFields(Buffer.from(text), types)
  assert.deepEqual(read('{"DEVICE_ID":7,"Protocol":"mqtt","other":1}'), { device_id: 7, protocol: 'mqtt' })
  assert.deepEqual(read('{"device_id":"7","protocol":"mqtt"}'), { protocol: 'mqtt' })
  assert.deepEqual(read('{"protocol":"a","protocol":null,"PROTOCOL":"b"}'), { protocol: 'b' })
  for (const none of ['', '[]', 'null', '"x"', '7', '{', '{]', 'x{}', '}{']) assert.deepEqual(read(none), {}, none)
})

test('what is said of a product key whose form is wrong (test/vectors/keys.json)', () => {
  const cases: [string, string | undefined][] = [
    ['', 'decrypt message too short'],
    ['zz', "encoding/hex: invalid byte: U+007A 'z'"],
    ['a\u0000', 'encoding/hex: invalid byte: U+0000'],
    ['é1', "encoding/hex: invalid byte: U+00C3 'Ã'"],
    ['abc', 'encoding/hex: odd length hex string'],
    ['1'.repeat(30), 'decrypt message too short'],
    ['1'.repeat(32), 'invalid key format.'],
    ['1'.repeat(40), 'invalid key format.'],
    ['1'.repeat(48), 'record not found'],
    ['1'.repeat(98), 'invalid key format.'],
    ['E7608EC690B8886E9D32E2FAE5DA5C83A990CA8F9DF494E65461A58474E3243C', undefined],
  ]
  for (const [key, said] of cases) assert.equal(keyComplaint(key), said, key)
})
