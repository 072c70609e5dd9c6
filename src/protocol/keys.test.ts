import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../test/vectors/arbitrary.ts'
import { type Outcome, outcome, testOutcomes } from '../../test/vectors/compare.ts'
import { keyDifferences } from '../../test/vectors/differences.ts'
import { octets, vectors } from '../../test/vectors/read.ts'
import { makeKeys } from './keys.ts'

type Key = { aeskey?: string; id: string; key: string }
type Decode = { name: string; key: string; decoded?: string; error: string | null }
type Golden = {
  aeskey: string
  keys: Key[]
  other_aes_key_sizes: Key[]
  decode: Decode[]
  new_key_generator: { aeskey_length: number; error: string | null }[]
}
const golden = vectors<Golden>('keys')
const keys = makeKeys(golden.aeskey)

/** Makers of the old keys again: IV and random octets are those of the key. */
const remade = (aesKey: string, key: string, id: bigint): string => {
  const iv = octets(key).subarray(0, 16)
  const zeroLead = makeKeys(aesKey, (n) => (n === 16 ? iv : new Uint8Array(n))).encode(id)
  // in CFB the first block is a XOR: what differs from a lead of zeros is the lead of the old key
  const lead = octets(key)
    .subarray(16, 24)
    .map((byte, i) => byte ^ octets(zeroLead)[16 + i]!)
  return makeKeys(aesKey, (n) => (n === 16 ? iv : lead)).encode(id)
}

const all = [...golden.keys, ...golden.other_aes_key_sizes]

testOutcomes(
  'keys',
  [
    ...all.map(
      (c): Outcome => ({
        name: `decode id ${c.id}, AES key of ${(c.aeskey ?? golden.aeskey).length}`,
        theirs: c.id,
        ours: outcome('message', () => String(makeKeys(c.aeskey ?? golden.aeskey).decode(c.key))),
      }),
    ),
    ...all.map(
      (c): Outcome => ({
        name: `encode id ${c.id}, AES key of ${(c.aeskey ?? golden.aeskey).length}`,
        theirs: c.key,
        ours: remade(c.aeskey ?? golden.aeskey, c.key, BigInt(c.id)),
      }),
    ),
    ...golden.decode.map(
      (c): Outcome => ({
        name: `decode ${c.name}`,
        theirs: c.error === null ? c.decoded! : `error ${c.error}`,
        ours: outcome('message', () => String(keys.decode(c.key))),
      }),
    ),
    ...golden.new_key_generator.map(
      (c): Outcome => ({
        name: `AES key of ${c.aeskey_length}`,
        theirs: c.error === null ? 'taken' : `error ${c.error}`,
        ours: outcome('message', () => (makeKeys('k'.repeat(c.aeskey_length)) ? 'taken' : '')),
      }),
    ),
  ],
  keyDifferences,
)

// KEY-1
test('every id comes back from its key, which is another one each time', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
      const key = keys.encode(id)
      assert.match(key, /^[0-9a-f]{64}$/)
      assert.notEqual(keys.encode(id), key)
      assert.equal(keys.decode(key), id)
      assert.equal(keys.decode(key.toUpperCase()), id)
    }),
  )
  assert.equal(keys.decode(keys.encode(2147483647)), 2147483647n)
})

test('ids outside int64 and AES keys counted in octets are refused', () => {
  for (const id of [2n ** 63n, -(2n ** 63n) - 1n, 1.5, 2 ** 53, Number.NaN])
    assert.throws(() => keys.encode(id), { code: 'value_out_of_range' }, String(id))
  assert.throws(() => makeKeys('é'.repeat(16).slice(0, 15)), { code: 'aes_key_wrong_length' })
  assert.throws(() => makeKeys('é'.repeat(16).concat('x')), { code: 'aes_key_wrong_length' })
})
