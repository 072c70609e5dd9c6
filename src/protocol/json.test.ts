import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../test/vectors/arbitrary.ts'
import { ProtocolError } from './errors.ts'
import { MAX_DEPTH, parseExact, stringifyExact } from './json.ts'

// VAL-2
test('B-09 integers keep every digit, other numbers are doubles', () => {
  const cases: [string, unknown][] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['9007199254740993.0', 9007199254740993n],
    ['900719925474099.3e1', 9007199254740993n],
    ['1e19', 10000000000000000000n],
    ['9007199254740993.5', 9007199254740994],
    ['1e300', 1e300],
    ['1e400', Number.POSITIVE_INFINITY],
    ['-0', -0],
    ['-0.0', -0],
    ['0.1', 0.1],
    ['12345678901234567890123', 12345678901234567890123n],
    ['"9007199254740993"', '9007199254740993'],
  ]
  for (const [text, value] of cases) {
    assert.ok(Object.is(parseExact(text), value), text)
    assert.deepEqual(parseExact(`{"a":[${text}]}`), { a: [value] }, text)
  }
})

test('B-09 __proto__ and constructor are ordinary keys, of two equal keys the last counts', () => {
  for (const digits of ['1', '9007199254740993']) {
    const text = `{"__proto__":{"bad":${digits}},"constructor":{"prototype":{"bad":1}},"a":1,"a":${digits}}`
    const value = parseExact(text) as Record<string, unknown>
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor', 'a'])
    assert.equal(stringifyExact(value), text.replace('"a":1,', ''))
  }
  assert.ok(!('bad' in {}))
})

test('B-09 malformed texts, text after the JSON and deep JSON are typed errors', () => {
  const bad = ['', '{', 'nope', '{"a":1}x', '[1,]', '01', 'NaN', '1 2', '"\u0001"', '\ufeff{}', '1e', '12345678901234567890x']
  for (const text of bad) assert.throws(() => parseExact(text), { code: 'json_wrong_format', name: 'ProtocolError' }, text)
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    assert.throws(() => parseExact(open.repeat(100_000)), { code: 'json_too_deep' })
    assert.throws(() => parseExact(`${open.repeat(100_000)}1${close.repeat(100_000)}`), { code: 'json_too_deep' })
    const deepest = `${open.repeat(MAX_DEPTH)}9007199254740993${close.repeat(MAX_DEPTH)}`
    assert.equal(stringifyExact(parseExact(deepest)), deepest)
  }
  assert.deepEqual(parseExact(`["\\"${'['.repeat(1000)}"]`), [`"${'['.repeat(1000)}`])
  assert.deepEqual(parseExact(`["${'['.repeat(1000)}\\"["]`), [`${'['.repeat(1000)}"[`])
})

test('what stringifyExact writes', () => {
  const cases: [unknown, string][] = [
    [[-0, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7, 0.1], '[-0,0,null,null,1e+21,1e-7,0.1]'],
    [{ a: 18446744073709551615n, b: undefined, c: null, d: [undefined] }, '{"a":18446744073709551615,"c":null,"d":[null]}'],
    [Uint8Array.of(1, 2, 255), '"AQL/"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['a"\\\n\u0000\u007f\ud800\u2028é', '"a\\"\\\\\\n\\u0000\u007f\\ud800\u2028é"'],
    [{ 'k"': true }, '{"k\\"":true}'],
    [Object.assign(Object.create(null), { ['__proto__']: [1] }), '{"__proto__":[1]}'],
    [undefined, 'null'],
    [{}, '{}'],
    [[], '[]'],
  ]
  for (const [value, text] of cases) assert.equal(stringifyExact(value), text)
  const cycle: unknown[] = []
  cycle.push(cycle)
  assert.throws(() => stringifyExact(cycle), { code: 'json_too_deep' })
})

const asDoubles = (value: unknown): unknown => JSON.parse(stringifyExact(value))

test('but for digits beyond doubles both do what JSON does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(asDoubles(parseExact(text)), JSON.parse(text))
      assert.equal(stringifyExact(JSON.parse(text)), text)
    }),
    { numRuns: 1000 },
  )
})

test('any JSON text with its integers comes back digit by digit', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: 'binary' }),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('any'), { maxLength: 5 }),
    map: fc.dictionary(fc.string(), tie('any'), { maxKeys: 5 }),
  })).any
  fc.assert(
    fc.property(value, (v) => {
      const text = stringifyExact(v)
      assert.equal(stringifyExact(parseExact(text)), text)
    }),
  )
})

test('B-09 whatever comes in, nothing but the typed error comes out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '-', '1', 'e', '.', '9007199254740993', '\\', '"', 'null')),
      (parts) => {
        try {
          parseExact(parts.join(''))
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
      },
    ),
    { numRuns: 3000 },
  )
})
