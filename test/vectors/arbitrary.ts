import fc from 'fast-check'
import { type TlvType, tlvTypes, type Value } from '../../src/protocol/tlv.ts'

// the same cases in every run, so that a test fails for a change and not by chance
fc.configureGlobal({ seed: 20160601 })
export { default as fc } from 'fast-check'

const byName: Record<string, () => fc.Arbitrary<Value>> = {
  float64: () => fc.double(),
  float32: () => fc.float(),
  bytes: () => fc.uint8Array({ maxLength: 300 }),
  string: () => fc.string({ unit: 'binary', maxLength: 100 }),
  bool: () => fc.boolean(),
}

const integer = ({ min, max }: TlvType): fc.Arbitrary<Value> =>
  typeof min === 'bigint' ? fc.bigInt({ min, max: max as bigint }) : fc.integer({ min: min!, max: max as number })

/** A value that a row of the table can carry. */
export const anyValue = (row: TlvType): fc.Arbitrary<Value> => byName[row.name]?.() ?? integer(row)

/** A value of any type, with the number of its type. */
export const anyTlv: fc.Arbitrary<{ type: number; value: Value }> = fc.oneof(
  ...tlvTypes.map((row) => anyValue(row).map((value) => ({ type: row.number, value }))),
)

export const u16 = fc.nat(0xffff)

/** `values` and `types` side by side, as frames have them. */
export const anyTlvs = fc
  .array(anyTlv, { maxLength: 12 })
  .map((tlvs) => ({ values: tlvs.map((t) => t.value), types: tlvs.map((t) => t.type) }))

/** flags, timestamp and token. */
export const anyHead = fc.record({
  flags: fc.nat(255),
  timestamp: fc.maxSafeNat(),
  token: fc.uint8Array({ minLength: 16, maxLength: 16 }),
})
