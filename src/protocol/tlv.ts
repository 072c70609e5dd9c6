import { ProtocolError } from './errors.ts'
import { reason, reasonError } from './reasons.ts'
import { copyOf, shown, utf8Bytes, utf8Length, utf8Text } from './text.ts'

/**
 * A decoded value. int64 and uint64 are always `bigint`; all other numbers `number` (float32 as the double nearest to it, NaN and
 * infinities as they are); bytes are a copy; strings are UTF-8 with U+FFFD for what isn't.
 */
export type Value = number | bigint | string | Uint8Array | boolean

/** `size` in octets after the type, −1 = u16 length first. `min`/`max`: integers, and the finite range of float32. */
export type TlvType = { number: number; name: string; size: number; min?: number | bigint; max?: number | bigint }

const FLOAT32_MAX = 3.4028234663852886e38
export const MAX_LENGTH = 0xffff

/** docs/device-protocol.md §4: type u16, then the value, big endian. Look rows up by `tlvType(n)`. */
export const tlvTypes: readonly TlvType[] = [
  { number: 1, name: 'float64', size: 8 },
  { number: 2, name: 'float32', size: 4, min: -FLOAT32_MAX, max: FLOAT32_MAX },
  { number: 3, name: 'int8', size: 1, min: -128, max: 127 },
  { number: 4, name: 'int16', size: 2, min: -32768, max: 32767 },
  { number: 5, name: 'int32', size: 4, min: -2147483648, max: 2147483647 },
  { number: 6, name: 'int64', size: 8, min: -(2n ** 63n), max: 2n ** 63n - 1n },
  { number: 7, name: 'uint8', size: 1, min: 0, max: 255 },
  { number: 8, name: 'uint16', size: 2, min: 0, max: 65535 },
  { number: 9, name: 'uint32', size: 4, min: 0, max: 4294967295 },
  { number: 10, name: 'uint64', size: 8, min: 0n, max: 2n ** 64n - 1n },
  { number: 11, name: 'bytes', size: -1 },
  { number: 12, name: 'string', size: -1 },
  { number: 13, name: 'bool', size: 1 },
]

const VARIABLE = 255
const sizes = new Uint8Array(256)
for (const t of tlvTypes) sizes[t.number] = t.size < 0 ? VARIABLE : t.size

/** The row of a type number, undefined if there is none. */
export const tlvType = (number: number): TlvType | undefined => tlvTypes[number - 1]

/** Octets of the value of a type: 0 = unknown type, 255 = u16 length first. */
export const valueSize = (type: number): number => (type < 256 ? sizes[type]! : 0)

export const isVariable = (size: number): boolean => size === VARIABLE

/** Offset after `count` TLVs, or minus a number of `reason`. Allocates nothing: it runs for every message before its acknowledgement. */
export const skipTlvs = (b: Uint8Array, at: number, end: number, count: number): number => {
  for (; count > 0; count--) {
    if (at + 2 > end) return at === end ? -reason.tlv_missing : -reason.tlv_truncated
    const size = b[at] === 0 ? sizes[b[at + 1]!]! : 0
    if (size === 0) return -reason.tlv_unknown_type
    at += 2
    if (size !== VARIABLE) at += size
    else if (at + 2 > end) return -reason.tlv_truncated
    else at += 2 + ((b[at]! << 8) | b[at + 1]!)
    if (at > end) return -reason.tlv_truncated
  }
  return at
}

export type Tlvs = { values: Value[]; types: number[]; next: number }

/** `count` TLVs from `at`. Throws the error of the reason that `skipTlvs` gives. */
export const readTlvs = (b: Uint8Array, at: number, end: number, count: number): Tlvs => {
  const next = skipTlvs(b, at, end, count)
  if (next < 0) throw reasonError(-next, { offset: at, length: end - at, count })
  const values: Value[] = []
  const types: number[] = []
  for (; count > 0; count--) {
    const type = b[at + 1]!
    const size = sizes[type]!
    at += 2
    let length = size
    if (size === VARIABLE) {
      length = (b[at]! << 8) | b[at + 1]!
      at += 2
    }
    types.push(type)
    values.push(readValue(type, b, at, length))
    at += length
  }
  return { values, types, next }
}

const scratch = new Uint8Array(8)
const view = new DataView(scratch.buffer)

const wide = (b: Uint8Array, at: number, size: number): DataView => {
  for (let i = 0; i < size; i++) scratch[i] = b[at + i]!
  return view
}

/** One value of a known type whose octets are there: `length` octets from `at`. */
export const readValue = (type: number, b: Uint8Array, at: number, length: number): Value => {
  switch (type) {
    case 1:
      return wide(b, at, 8).getFloat64(0)
    case 2:
      return wide(b, at, 4).getFloat32(0)
    case 3:
      return (b[at]! << 24) >> 24
    case 4:
      return ((b[at]! << 24) >> 16) | b[at + 1]!
    case 5:
      return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
    case 6:
      return wide(b, at, 8).getBigInt64(0)
    case 7:
      return b[at]!
    case 8:
      return (b[at]! << 8) | b[at + 1]!
    case 9:
      return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0
    case 10:
      return wide(b, at, 8).getBigUint64(0)
    case 11:
      return copyOf(b, at, at + length)
    case 12:
      return utf8Text(b, at, at + length)
    case 13:
      return b[at] !== 0
    default:
      throw reasonError(reason.tlv_unknown_type, { type })
  }
}

const isInteger = (row: TlvType, value: Value): boolean => {
  if (typeof value !== 'number' && typeof value !== 'bigint') return false
  if (typeof value !== typeof row.min || (typeof value === 'number' && !Number.isInteger(value))) return false
  return value >= row.min! && value <= row.max!
}

/** Whether `value` is exactly what `type` can carry: the JavaScript type of `Value`, and inside the range. */
export const fits = (type: number, value: Value): boolean => {
  if (type === 1) return typeof value === 'number'
  if (type === 2) return typeof value === 'number' && (Math.fround(value) === value || Number.isNaN(value))
  if (type === 11) return value instanceof Uint8Array && value.length <= MAX_LENGTH
  if (type === 12) return typeof value === 'string' && utf8Length(value) <= MAX_LENGTH
  if (type === 13) return typeof value === 'boolean'
  const row = tlvType(type)
  return row !== undefined && isInteger(row, value)
}

/** Octets of one TLV, type and length included. Throws if the type can't carry the value: nothing is ever wrapped around or cut. */
export const tlvSize = (type: number, value: Value): number => {
  if (!fits(type, value)) {
    const expected = tlvType(type)?.name ?? `type ${type}`
    const params = { type, expected, got: shown(value) }
    throw new ProtocolError('value_wrong_type', params, `expected ${expected}, got ${params.got}`)
  }
  if (value instanceof Uint8Array) return 4 + value.length
  if (typeof value === 'string') return 4 + utf8Length(value)
  return 2 + sizes[type]!
}

const writeInteger = (b: Uint8Array, at: number, value: number, size: number): void => {
  for (let i = size - 1; i >= 0; i--, value >>= 8) b[at + i] = value
}

const writeOctets = (b: Uint8Array, at: number, octets: Uint8Array): void => {
  writeInteger(b, at, octets.length, 2)
  b.set(octets, at + 2)
}

const writeWide = (b: Uint8Array, at: number, type: number, value: number | bigint, size: number): void => {
  if (typeof value === 'bigint') view.setBigUint64(0, BigInt.asUintN(64, value))
  else if (type === 1) view.setFloat64(0, value)
  else view.setFloat32(0, value)
  for (let i = 0; i < size; i++) b[at + i] = scratch[i]!
}

const writeValue = (b: Uint8Array, at: number, type: number, value: Value, size: number): void => {
  if (value instanceof Uint8Array) writeOctets(b, at, value)
  else if (typeof value === 'string') writeOctets(b, at, utf8Bytes(value))
  else if (typeof value === 'bigint' || type <= 2) writeWide(b, at, type, value as number | bigint, size)
  else writeInteger(b, at, Number(value), size)
}

/** Writes one TLV (there must be `tlvSize` octets of room) and returns the offset after it. */
export const writeTlv = (b: Uint8Array, at: number, type: number, value: Value): number => {
  const size = tlvSize(type, value)
  writeInteger(b, at, type, 2)
  writeValue(b, at + 2, type, value, size - 2)
  return at + size
}
