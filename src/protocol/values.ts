import { ProtocolError } from './errors.ts'
import { base64, shown, utf8Bytes, utf8Length } from './text.ts'
import { MAX_LENGTH, type TlvType, tlvType, type Value } from './tlv.ts'

/** Where a value stands: label of the object or name of the command, position in the array from 1, name of the parameter. */
export type Place = { label: string; position: number; name?: string }
/** A value as REST and webhooks carry it. */
export type JsonValue = null | boolean | number | bigint | string

const range = (type: TlvType): string => {
  if (type.size < 0) return `${type.name} (at most ${MAX_LENGTH} bytes)`
  return type.min === undefined ? type.name : `${type.name} (${type.min} to ${type.max})`
}

const refuse = (
  code: 'value_wrong_type' | 'value_not_integer' | 'value_out_of_range',
  type: TlvType,
  json: unknown,
  place: Place,
) => {
  const named = place.name === undefined ? '' : ` (${place.name})`
  const text = `wrong value at position ${place.position}${named} of ${place.label}: expected ${range(type)}, got ${shown(json)}`
  const limits = { min: type.min?.toString(), max: type.max?.toString() }
  return new ProtocolError(code, { ...place, expected: type.name, ...limits, got: shown(json) }, text)
}

const toInteger = (type: TlvType, json: unknown, place: Place): number | bigint => {
  if (typeof json !== 'number' && typeof json !== 'bigint') throw refuse('value_wrong_type', type, json, place)
  const fraction = typeof json === 'number' && !Number.isInteger(json) && Number.isFinite(json)
  if (fraction) throw refuse('value_not_integer', type, json, place)
  if (!(json >= type.min! && json <= type.max!)) throw refuse('value_out_of_range', type, json, place)
  // parseExact makes a bigint of every integer of that size: this one was written with a fraction
  if (typeof json === 'number' && !Number.isSafeInteger(json)) throw refuse('value_not_integer', type, json, place)
  return typeof type.min === 'bigint' ? BigInt(json) : Number(json) + 0
}

const toFloat = (type: TlvType, json: unknown, place: Place): number => {
  if (typeof json !== 'number' && typeof json !== 'bigint') throw refuse('value_wrong_type', type, json, place)
  const value = type.size === 4 ? Math.fround(Number(json)) : Number(json)
  if (!Number.isFinite(value)) throw refuse('value_out_of_range', type, json, place)
  return value
}

const toText = (type: TlvType, json: unknown, place: Place): string => {
  if (typeof json !== 'string' || !json.isWellFormed()) throw refuse('value_wrong_type', type, json, place)
  if (utf8Length(json) > MAX_LENGTH) throw refuse('value_out_of_range', type, json, place)
  return json
}

/**
 * JSON value → value of a TLV type. Nothing is rounded, wrapped or guessed, but for the precision of floats: bool takes only true and
 * false, integers no fraction, bytes a string taken literally. Errors: `value_wrong_type`, `value_not_integer`, `value_out_of_range`,
 * `value_type_unknown`, each naming label, position, expected type and range.
 */
export const valueFromJson = (type: number, json: unknown, place: Place): Value => {
  const row = tlvType(type)
  if (row === undefined) {
    const detail = `position ${place.position} of ${place.label} has the unknown value type ${type} and can't be written`
    throw new ProtocolError('value_type_unknown', { ...place, type }, undefined, detail)
  }
  if (row.name === 'bool') {
    if (typeof json === 'boolean') return json
    throw refuse('value_wrong_type', row, json, place)
  }
  if (row.name === 'string') return toText(row, json, place)
  if (row.name === 'bytes') return utf8Bytes(toText(row, json, place))
  return row.name.startsWith('float') ? toFloat(row, json, place) : toInteger(row, json, place)
}

const FLOAT32_SMALLEST_NORMAL = 1.1754943508222875e-38
const FLOAT32_EXACT = 2 ** 24
const ABOVE = 1 + 2 ** -25

/** The double whose digits are the shortest that mean this float32: 0.1 for 0.10000000149011612. */
export const shortest32 = (value: number): number => {
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < FLOAT32_EXACT) return value
  if (size < 10_000) {
    // six significant digits at most: no other decimal of that length means the same float32
    const rounded = Math.round(value * 100) / 100
    if (Math.fround(rounded) === value) return rounded
  }
  for (let digits = size < FLOAT32_SMALLEST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
    // above a power of two there is twice as much room as below: the shortest may not be the nearest
    const above = Number((value * ABOVE).toPrecision(digits))
    if (Math.fround(above) === value) return above
  }
  return Number(value.toPrecision(9))
}

/** Value of a TLV type → JSON value: NaN and infinities null, float32 by its shortest digits, bytes as base64, 64-bit integers bigint. */
export const valueToJson = (type: number, value: Value): JsonValue => {
  if (typeof value === 'number') {
    if (type > 2) return value
    if (!Number.isFinite(value)) return null
    return type === 2 ? shortest32(value) : value
  }
  return value instanceof Uint8Array ? base64(value) : value
}
