import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedPacket } from './malformed.ts'
import { PROPERTIES, type Properties, placeOf, WILL } from './properties.ts'
import { buildProperties, checkProperties, findProperty } from './properties-read.ts'
import { propertiesSize, putProperties } from './properties-write.ts'
import { DEFAULT_LIMITS, rulesFor } from './rules.ts'
import { bytes, hex } from './testkit.ts'
import { CONNACK, CONNECT, PACKET_TYPES, PUBLISH, SUBSCRIBE } from './types.ts'

const rules = rulesFor('client')[5]

/** A value of every kind, as bytes: [good, cut short]. */
const SAMPLES: Record<string, [string, string]> = {
  flag: ['01', ''],
  bit: ['01', ''],
  u16: ['0102', '01'],
  u32: ['01020304', '010203'],
  varint: ['ff7f', 'ff'],
  text: ["0002 'ab'", "0002 'a'"],
  binary: ['0002 00ff', '0003 00ff'],
  pair: ["0001 'k' 0001 'v'", "0001 'k' 0001"],
}

const id = (n: number) => n.toString(16).padStart(2, '0')
const check = (text: string, place: number, with_ = rules) => checkProperties(bytes(text), 0, bytes(text).length, place, with_)

test('identifiers and names of the table are one of a kind, 27 of them', () => {
  assert.equal(PROPERTIES.length, 27)
  assert.equal(new Set(PROPERTIES.map((p) => p.id)).size, 27)
  assert.equal(new Set(PROPERTIES.map((p) => p.name)).size, 27)
})

for (const row of PROPERTIES) {
  test(`property ${row.name}: allowed where the table says, refused elsewhere, cut short and twice`, () => {
    const [good, short] = SAMPLES[row.kind]!
    const places = [WILL, ...PACKET_TYPES.flatMap((t) => (t ? [t.code] : []))]
    for (const place of places) {
      const allowed = (row.in & placeOf(place)) !== 0
      const text = `${row.id === 0x16 ? "15 0001 'm'" : ''} ${id(row.id)} ${good}`
      if (allowed) check(text, placeOf(place))
      else assert.throws(() => check(text, placeOf(place)), MalformedPacket)
      assert.throws(() => check(`${id(row.id)} ${short}`, placeOf(place)), { reason: 0x81 })
      const twice = () => check(`${text} ${id(row.id)} ${good}`, placeOf(place))
      if (allowed && row.kind === 'pair') twice()
      else if (allowed) assert.throws(twice, { reason: 0x82, message: /twice/ })
    }
  })
}

test('identifiers that do not exist, in one byte or more', () => {
  for (const text of [
    '00 00',
    '04 00',
    '05 00',
    '06 00',
    '07 00',
    '0a 00',
    '2b 00',
    '7f 00',
    '80 00',
    '81 00',
    '80 80 80 80 01',
  ]) {
    assert.throws(() => check(text, placeOf(PUBLISH)), { reason: 0x81, message: /does not exist/ }, text)
  }
})

test('zero where a zero is forbidden, two where a flag is wanted', () => {
  assert.throws(() => check('21 0000', placeOf(CONNECT)), { reason: 0x82 })
  assert.throws(() => check('27 00000000', placeOf(CONNECT)), { reason: 0x82 })
  assert.throws(() => check('23 0000', placeOf(PUBLISH)), { reason: 0x94 })
  assert.throws(() => check('0b 00', placeOf(SUBSCRIBE)), { reason: 0x81 })
  assert.throws(() => check('17 02', placeOf(CONNECT)), { reason: 0x82 })
  assert.throws(() => check('24 02', placeOf(CONNACK)), { reason: 0x82 })
  check('22 0000', placeOf(CONNECT))
  check('11 00000000', placeOf(CONNECT))
})

test('user properties keep order, repetition, empty names and names of the prototype (B-05)', () => {
  const text = "26 0001 'b' 0001 '1' 26 0001 'a' 0000 26 0000 0001 'x' 26 0009 '__proto__' 0001 'p' 26 0001 'b' 0001 '2'"
  check(text, placeOf(PUBLISH))
  const built = buildProperties(bytes(text), 0, bytes(text).length)
  assert.deepEqual(built?.userProperties, [
    ['b', '1'],
    ['a', ''],
    ['', 'x'],
    ['__proto__', 'p'],
    ['b', '2'],
  ])
  assert.throws(() => check(text, placeOf(PUBLISH), rulesFor('client', { ...DEFAULT_LIMITS, userProperties: 4 })[5]), {
    reason: 0x97,
  })
})

test('a property is found behind others, or not', () => {
  const list = bytes("26 0001 'k' 0001 '#' 02 00000023 23 0007")
  assert.equal(findProperty(list, 0, list.length, 0x23), list.length - 2)
  assert.equal(findProperty(list, 0, list.length, 0x01), -1)
})

test('written in the order of the value, with the length before it', () => {
  const properties: Properties = { sessionExpiryInterval: 0xffff_ffff, receiveMaximum: 1, requestProblemInformation: false }
  const size = propertiesSize(properties, placeOf(CONNECT))
  const target = new Uint8Array(size + 1)
  assert.equal(putProperties(target, 0, properties, placeOf(CONNECT)), size + 1)
  assert.equal(hex(target), '0a' + '11ffffffff' + '210001' + '1700')
})
