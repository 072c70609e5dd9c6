import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { ProtocolError } from './errors.ts'

const hex = (h: string) => Buffer.from(h.replaceAll(' ', ''), 'hex')

// VAL-2 RFC 8949 appendix A
test('CBOR: the examples of the standard', () => {
  const examples: [string, unknown][] = [
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
    ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
    ['20', -1],
    ['3903e7', -1000],
    ['f90000', 0],
    ['f98000', -0],
    ['f93c00', 1],
    ['f97bff', 65_504],
    ['f90001', 2 ** -24],
    ['f9c400', -4],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
    ['f97c00', Number.POSITIVE_INFINITY],
    ['f97e00', Number.NaN],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['6161', 'a'],
    ['62c3bc', 'ü'],
    ['83010203', [1, 2, 3]],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['9fff', []],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
    ['c11a514b67b0', 1_363_896_240],
  ]
  for (const [octets, value] of examples) assert.deepStrictEqual(decodeCbor(hex(octets)), value, octets)
  assert.deepEqual([...(decodeCbor(hex('4401020304')) as Uint8Array)], [1, 2, 3, 4])
  assert.deepEqual([...(decodeCbor(hex('5f42010243030405ff')) as Uint8Array)], [1, 2, 3, 4, 5])
})

test('CBOR: what was written is read again', () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true }),
    ),
  }))
  fc.assert(fc.property(tree, (v) => assert.deepStrictEqual(decodeCbor(encodeCbor(v)), v)))
})

test('CBOR: malformed octets are an error that names the place, never anything else', () => {
  for (const bad of [
    '',
    '18',
    '1a0102',
    '61',
    '62ff',
    '6180',
    '5bffffffffffffffff',
    '9b00ffffffffffffff',
    'ff',
    '1c',
    'a10102',
    'f0',
    'f7ff',
    '0000',
    '7f4101ff',
    '9f01',
  ])
    assert.throws(
      () => decodeCbor(hex(bad)),
      (e) => e instanceof ProtocolError,
      bad,
    )
  assert.throws(() => decodeCbor(Buffer.alloc(500, 0x81)), /levels|deep/)
  const proto = decodeCbor(hex('a1695f5f70726f746f5f5fa1617801')) as object
  assert.deepEqual(Object.keys(proto), ['__proto__'])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (b) => {
      try {
        decodeCbor(b)
      } catch (e) {
        assert.ok(e instanceof ProtocolError)
      }
    }),
  )
})
