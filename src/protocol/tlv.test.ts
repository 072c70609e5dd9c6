import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyTlv, fc } from '../../test/vectors/arbitrary.ts'
import { type Outcome, outcome, testOutcomes } from '../../test/vectors/compare.ts'
import { tlvDifferences } from '../../test/vectors/differences.ts'
import { type GoldenValue, goldenValue, hex, octets, vectors } from '../../test/vectors/read.ts'
import { ProtocolError, protocolErrors } from './errors.ts'
import { parseExact, stringifyExact } from './json.ts'
import { readTlvs, skipTlvs, tlvSize, tlvTypes, type Value, writeTlv } from './tlv.ts'
import { valueFromJson, valueToJson } from './values.ts'

type Encode = {
  go_type: string
  tag?: number
  value: GoldenValue | null
  hex?: string
  json?: unknown
  make_error?: string
  read_value?: GoldenValue
}
type Decode = { name: string; hex: string; tag?: number; read_value?: GoldenValue; read_error?: string | null }
type Cast = { value_type: number; json: string; hex?: string; panic?: string; make_error?: string }
const golden = vectors<{ encode: Encode[]; decode: Decode[]; cast: Cast[]; tags: Record<string, string> }>('tlv')

const encoded = (type: number, value: Value): Uint8Array => {
  const b = new Uint8Array(tlvSize(type, value))
  assert.equal(writeTlv(b, 0, type, value), b.length)
  return b
}

/** The golden file cuts long encodings to `<hex>...(n bytes)`. */
const shortened = (text: string): string => {
  const [, start, count] = /^([0-9a-f]+)\.\.\.\((\d+) bytes\)$/.exec(text) ?? [undefined, text, text.length / 2]
  return Number(count) > 200 ? `${start!.slice(0, 30)}… ${count}` : text
}
const printed = (type: number, value: Value): string =>
  value instanceof Uint8Array ? `${type} ${hex(value)}` : `${type} ${String(value)}${Object.is(value, -0) ? '-' : ''}`

const castError = (c: Cast): string =>
  c.make_error === protocolErrors.value_type_unknown ? 'error value_type_unknown' : 'error panic'

const readError = (c: Decode): string =>
  c.read_error?.includes('Unkown TLV type') ? 'error tlv_unknown_type' : `error ${c.read_error ?? 'panic'}`

const show = (v: GoldenValue): string => {
  const count = v.count === undefined ? '' : ` × ${v.count}`
  const text = Object.entries(v).find(([key]) => key !== 'bits' && key !== 'utf8_hex' && key !== 'count')?.[1]
  return `${JSON.stringify(text)}${count}`
}

const goldenTypes = golden.encode.filter((c) => c.tag !== undefined && c.value !== null)

testOutcomes(
  'tlv',
  [
    ...goldenTypes.map(
      (c): Outcome => ({
        name: `encode ${golden.tags[c.tag!]} ${show(c.value!)}`,
        theirs: shortened(c.hex!),
        ours: outcome('code', () => shortened(hex(encoded(c.tag!, goldenValue(c.value!))))),
      }),
    ),
    ...golden.encode
      .filter((c) => c.make_error !== undefined)
      .map(
        (c): Outcome => ({
          name: `encode Go ${c.go_type}`,
          theirs: 'refused',
          ours: tlvTypes.some((t) => outcome('code', () => hex(encoded(t.number, c.value as unknown as Value))).startsWith('0'))
            ? 'encoded'
            : 'refused',
        }),
      ),
    ...goldenTypes
      .filter((c) => c.json !== null && c.json !== undefined)
      .map(
        (c): Outcome => ({
          name: `json ${golden.tags[c.tag!]} ${show(c.value!)}`,
          theirs: typeof c.json === 'string' ? shortened(stringifyExact(parseExact(c.json))) : JSON.stringify(c.json),
          ours: shortened(stringifyExact(valueToJson(c.tag!, goldenValue(c.value!)))),
        }),
      ),
    ...golden.decode.map(
      (c): Outcome => ({
        name: `read ${c.name}`,
        theirs: c.read_value === undefined ? readError(c) : printed(c.tag!, goldenValue(c.read_value)),
        ours: outcome('code', () => {
          const { values, types } = readTlvs(octets(c.hex), 0, c.hex.length / 2, 1)
          return printed(types[0]!, values[0]!)
        }),
      }),
    ),
    ...golden.cast.map(
      (c): Outcome => ({
        name: `cast ${c.json} as ${golden.tags[c.value_type]?.split(' ')[0] ?? `type ${c.value_type}`}`,
        theirs: c.hex ?? castError(c),
        ours: outcome('code', () =>
          hex(encoded(c.value_type, valueFromJson(c.value_type, parseExact(c.json), { label: 'x', position: 1 }))),
        ),
      }),
    ),
  ],
  tlvDifferences,
)

test('golden tlv: the table of types is the one of the old cloud, and bool', () => {
  const names = Object.fromEntries(tlvTypes.map((t) => [String(t.number), t.name]))
  assert.deepEqual(names, { ...golden.tags, 13: 'bool' })
  assert.deepEqual(
    tlvTypes.map((t) => t.number),
    tlvTypes.map((_, i) => i + 1),
  )
})

test('values of all types come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(anyTlv, { maxLength: 20 }), fc.nat(9), (tlvs, lead) => {
      const parts = tlvs.map((t) => encoded(t.type, t.value))
      const b = new Uint8Array(Buffer.concat([Buffer.alloc(lead), ...parts]))
      const read = readTlvs(b, lead, b.length, tlvs.length)
      assert.deepEqual(read, { values: tlvs.map((t) => t.value), types: tlvs.map((t) => t.type), next: b.length })
      assert.equal(skipTlvs(b, lead, b.length, tlvs.length), b.length)
      assert.equal(skipTlvs(b, lead, b.length, tlvs.length + 1), -3)
    }),
  )
})

// VAL-1
test('B-08 what a type cannot carry is refused, never wrapped around', () => {
  const bad: [number, Value][] = [
    [1, 1n],
    [2, 1e300],
    [2, 0.1],
    [3, 128],
    [3, -129],
    [4, 32768],
    [5, 2 ** 31],
    [6, 1],
    [6, 2n ** 63n],
    [7, 256],
    [7, -1],
    [7, 1.5],
    [8, 65536],
    [9, 2 ** 32],
    [10, 2n ** 64n],
    [10, -1n],
    [11, 'x'],
    [11, new Uint8Array(65536)],
    [12, 'é'.repeat(32768)],
    [13, 1],
    [14, 1],
    [0, 0],
    [257, 1],
  ]
  for (const [type, value] of bad)
    assert.throws(
      () => tlvSize(type, value),
      (e) => e instanceof ProtocolError && e.code === 'value_wrong_type',
      `${type} ${value}`,
    )
})

// VAL-2
test('every digit of 64-bit integers passes through JSON both ways', () => {
  fc.assert(
    fc.property(fc.constantFrom(6, 10), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (type, n) => {
      const value = type === 6 ? BigInt.asIntN(64, n) : n
      const json = parseExact(stringifyExact([valueToJson(type, value)])) as unknown[]
      assert.equal(valueFromJson(type, json[0], { label: 'x', position: 1 }), value)
    }),
  )
})

test('float32 powers of two, whose shortest digits are not the nearest', () => {
  const cases: [number, string][] = [
    [2 ** -96, '1.2621775e-29'],
    [2 ** 87, '1.5474251e+26'],
    [2 ** 90, '1.2379401e+27'],
    [2 ** 53, '9007199000000000'],
    [2 ** -149, '1e-45'],
    [2 ** 24, '16777216'],
  ]
  for (const [value, text] of cases) assert.equal(stringifyExact(valueToJson(2, value)), text)
})

// VAL-4
test('float32 is printed with digits that mean the same float32, none of them needless', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const shown = valueToJson(2, value) as number
      assert.ok(Object.is(Math.fround(shown), value))
      const digits = shown.toExponential().replace(/e.*|\D/g, '').length
      if (digits > 1) assert.notEqual(Math.fround(Number(value.toPrecision(digits - 1))), value)
    }),
    { numRuns: 2000 },
  )
})
