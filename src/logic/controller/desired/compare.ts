/** Whether a device reports what is wanted: by the exact values, in the types of the model. */
import type { Current } from '#core/history/port.ts'
import { readTlvs, type Tlvs, type Value } from '#protocol/tlv.ts'
import type { Wanted } from './document.ts'

const PROPERTY_HEADER = 6
const FLOAT32 = 2

/** `sub-device u16 | object u16 | count u16 | TLVs` → its values. */
export const propertyValues = (b: Uint8Array): Tlvs => readTlvs(b, PROPERTY_HEADER, b.length, (b[4]! << 8) | b[5]!)

export function isReported(current: Current, device: number, wanted: Wanted): boolean {
  const reported = current.get(device, wanted.no)
  if (!reported) return false
  const [want, got] = [propertyValues(Buffer.from(wanted.property, 'base64')), propertyValues(reported.bytes)]
  return want.values.length === got.values.length && want.values.every((v, i) => same(want.types[i]!, v, got.values[i]!))
}

/** A device may report in another type than the model's: what counts is the value that the model's type would have. */
function same(type: number, want: Value, got: Value): boolean {
  if (isOctets(want) || isOctets(got))
    return isOctets(want) && isOctets(got) && Buffer.from(want).equals(Buffer.from(got as string))
  const [a, b] = [number(want), number(got)]
  if (type === FLOAT32) return Object.is(Math.fround(Number(a)) + 0, Math.fround(Number(b)) + 0)
  // compared as numbers, whichever of them is a bigint
  return !(a < b) && !(a > b) && !Number.isNaN(b)
}

const isOctets = (v: Value): v is string | Uint8Array => typeof v === 'string' || v instanceof Uint8Array

const number = (v: Value): number | bigint => (typeof v === 'boolean' ? Number(v) : (v as number | bigint))
