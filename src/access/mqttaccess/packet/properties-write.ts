import { malformed } from './malformed.ts'
import { type Place, PROPERTIES, type Properties, type PropertyRule } from './properties.ts'
import { binaryFieldSize, putBinary, putText, putU16, putU32, textFieldSize } from './put.ts'
import { MAX_VARINT, varintSize, writeVarint } from './varint.ts'

const ROWS = new Map<string, PropertyRule>(PROPERTIES.map((row) => [row.name, row]))

type Value = Properties[keyof Properties] | undefined

/**
 * Bytes of a property list without its length.
 * @throws {MalformedPacket} a property that does not exist or may not stand in `place`, a value out of range
 */
export function propertiesSize(properties: Properties | undefined, place: Place): number {
  let size = 0
  for (const name in properties) {
    const value: Value = properties[name as keyof Properties]
    if (value !== undefined) size += entrySize(ruleOf(name, place), value)
  }
  return size
}

/** {@link propertiesSize} with the length before it: what the list takes in a packet. */
export function propertyListSize(properties: Properties | undefined, place: Place): number {
  const size = propertiesSize(properties, place)
  return varintSize(size) + size
}

/** Writes the length and the list; returns the offset behind them. */
export function putProperties(target: Uint8Array, at: number, properties: Properties | undefined, place: Place): number {
  at = writeVarint(target, at, propertiesSize(properties, place))
  for (const name in properties) {
    const value: Value = properties[name as keyof Properties]
    if (value !== undefined) at = putEntry(target, at, ROWS.get(name)!, value)
  }
  return at
}

function ruleOf(name: string, place: Place): PropertyRule {
  const row = ROWS.get(name)
  if (row === undefined || (row.in & place) === 0) throw malformed(`${name} is not allowed in this packet (§2.2.2.2)`)
  return row
}

function entrySize(row: PropertyRule, value: NonNullable<Value>): number {
  switch (row.kind) {
    case 'flag':
      return 2
    case 'bit':
      return 1 + number(row, value, 1, 1)
    case 'u16':
      return 1 + number(row, value, 0xffff, 2)
    case 'u32':
      return 1 + number(row, value, 0xffff_ffff, 4)
    case 'varint':
      return (value as number[]).reduce((sum, n) => sum + 1 + number(row, n, MAX_VARINT, varintSize(n)), 0)
    case 'text':
      return 1 + textFieldSize(value as string)
    case 'binary':
      return 1 + binaryFieldSize(value as Uint8Array)
    case 'pair':
      return (value as [string, string][]).reduce((sum, [k, v]) => sum + 1 + textFieldSize(k) + textFieldSize(v), 0)
  }
}

/** `size` if the number fits. */
function number(row: PropertyRule, value: NonNullable<Value>, max: number, size: number): number {
  const least = row.zero === undefined ? 0 : 1
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= max) return size
  throw malformed(`${row.name} is ${String(value)}, not an integer of ${least}…${max} (§2.2.2.2)`)
}

function putEntry(target: Uint8Array, at: number, row: PropertyRule, value: NonNullable<Value>): number {
  if (row.kind === 'varint') {
    for (const n of value as number[]) at = writeVarint(target, tag(target, at, row), n)
    return at
  }
  if (row.kind === 'pair') {
    for (const [k, v] of value as [string, string][]) at = putText(target, putText(target, tag(target, at, row), k), v)
    return at
  }
  return putValue(target, tag(target, at, row), row, value)
}

function tag(target: Uint8Array, at: number, row: PropertyRule): number {
  target[at] = row.id
  return at + 1
}

function putValue(target: Uint8Array, at: number, row: PropertyRule, value: NonNullable<Value>): number {
  switch (row.kind) {
    case 'u16':
      return putU16(target, at, value as number)
    case 'u32':
      return putU32(target, at, value as number)
    case 'text':
      return putText(target, at, value as string)
    case 'binary':
      return putBinary(target, at, value as Uint8Array)
    default:
      target[at] = Number(value)
      return at + 1
  }
}
