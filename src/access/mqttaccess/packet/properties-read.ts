import { copyBytes } from './cursor.ts'
import { MalformedPacket, malformed, protocolError } from './malformed.ts'
import { type Kind, type Place, PROPERTY_BY_ID, type Properties, type PropertyRule, placeOf } from './properties.ts'
import type { Rules } from './rules.ts'
import { checkTopicName } from './topic.ts'
import { SUBSCRIBE, UNSUBSCRIBE } from './types.ts'
import { checkUtf8, decodeText } from './utf8.ts'
import { readVarint, varintSize } from './varint.ts'

const RESPONSE_TOPIC = 0x08
const AUTHENTICATION_METHOD = 1 << 0x15
const AUTHENTICATION_DATA = 1 << 0x16

/**
 * Walks a property list (without its length) and checks it all, making no value: known identifiers, allowed in this place
 * (§2.2.2.2), once unless the table says otherwise, values complete, in range and well-formed, number of user properties.
 * @throws {MalformedPacket}
 */
export function checkProperties(bytes: Uint8Array, at: number, end: number, place: Place, rules: Rules): void {
  let seen = 0
  let seenHigh = 0
  let users = 0
  while (at < end) {
    const row = PROPERTY_BY_ID[bytes[at]!]
    if (row === undefined) throw malformed(`property 0x${bytes[at]!.toString(16)} does not exist (§2.2.2.2)`)
    const valueAt = at + 1
    at = valueEnd(row.kind, bytes, valueAt, end)
    if ((row.in & place) === 0) throw misplaced(row, place)
    const bit = 1 << (row.id & 31)
    const again = row.id < 32 ? seen & bit : seenHigh & bit
    if (again !== 0 && ((row.many ?? 0) & place) === 0) throw protocolError(`${row.name} stands twice (§2.2.2.2)`)
    if (row.id < 32) seen |= bit
    else seenHigh |= bit
    if (row.kind === 'pair' && ++users > rules.limits.userProperties) throw tooMany(rules.limits.userProperties)
    checkValue(row, bytes, valueAt, at, rules)
  }
  if ((seen & AUTHENTICATION_DATA) !== 0 && (seen & AUTHENTICATION_METHOD) === 0) {
    throw protocolError('authentication data without a method (§3.1.2.11.10)')
  }
}

/** Where a value ends. @throws {MalformedPacket} 0x81: beyond the property list */
function valueEnd(kind: Kind, bytes: Uint8Array, at: number, end: number): number {
  const next = at + valueSize(kind, bytes, at, end)
  if (next > end) throw cutShort()
  return next
}

function valueSize(kind: Kind, bytes: Uint8Array, at: number, end: number): number {
  switch (kind) {
    case 'flag':
    case 'bit':
      return 1
    case 'u16':
      return 2
    case 'u32':
      return 4
    case 'varint':
      return varintSize(readVarint(bytes, at, end))
    case 'text':
    case 'binary':
      return fieldSize(bytes, at, end)
    case 'pair': {
      const name = fieldSize(bytes, at, end)
      return name + fieldSize(bytes, at + name, end)
    }
  }
}

function fieldSize(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) throw cutShort()
  return 2 + u16(bytes, at)
}

function checkValue(row: PropertyRule, bytes: Uint8Array, at: number, end: number, rules: Rules): void {
  const strict = rules.limits.strictText
  switch (row.kind) {
    case 'flag':
    case 'bit':
      if (bytes[at]! > 1) throw protocolError(`${row.name} is neither 0 nor 1 (§2.2.2.2)`)
      return
    case 'text':
      // empty: no answer wanted
      if (row.id === RESPONSE_TOPIC && at + 2 < end) checkTopicName(bytes, at + 2, end, rules.limits)
      else checkUtf8(bytes, at + 2, end, strict)
      return
    case 'pair': {
      const middle = at + 2 + u16(bytes, at)
      checkUtf8(bytes, at + 2, middle, strict)
      checkUtf8(bytes, middle + 2, end, strict)
      return
    }
    case 'u16':
    case 'u32':
    case 'varint':
      if (row.zero !== undefined && allZero(bytes, at, end)) throw new MalformedPacket(row.zero, `${row.name} is 0 (§2.2.2.2)`)
      return
    case 'binary':
      return
  }
}

function allZero(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end) if (bytes[at++] !== 0) return false
  return true
}

/** The values of a checked property list; `undefined` for an empty one. */
export function buildProperties(bytes: Uint8Array, at: number, end: number): Properties | undefined {
  if (at >= end) return undefined
  const out: Record<string, unknown> = {}
  while (at < end) {
    const row = PROPERTY_BY_ID[bytes[at]!]!
    const next = valueEnd(row.kind, bytes, at + 1, end)
    const value = readValue(row.kind, bytes, at + 1, next)
    if (row.kind === 'pair' || row.kind === 'varint')
      (out[row.name] ??= [] as unknown[]) && (out[row.name] as unknown[]).push(value)
    else out[row.name] = value
    at = next
  }
  return out as Properties
}

function readValue(kind: Kind, bytes: Uint8Array, at: number, end: number): unknown {
  switch (kind) {
    case 'flag':
      return bytes[at] === 1
    case 'bit':
      return bytes[at]
    case 'u16':
      return u16(bytes, at)
    case 'u32':
      return u16(bytes, at) * 0x1_0000 + u16(bytes, at + 2)
    case 'varint':
      return readVarint(bytes, at, end)
    case 'text':
      return decodeText(bytes, at + 2, end)
    case 'binary':
      return copyBytes(bytes, at + 2, end)
    case 'pair': {
      const middle = at + 2 + u16(bytes, at)
      return [decodeText(bytes, at + 2, middle), decodeText(bytes, middle + 2, end)]
    }
  }
}

/** Where the value of property `id` starts in a checked list, or -1. */
export function findProperty(bytes: Uint8Array, at: number, end: number, id: number): number {
  while (at < end) {
    if (bytes[at] === id) return at + 1
    at = valueEnd(PROPERTY_BY_ID[bytes[at]!]!.kind, bytes, at + 1, end)
  }
  return -1
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!
const cutShort = () => malformed('a property is cut short (§2.2.2.2)')
// §2.2.2.2 wants 0x81, mosquitto says it to these two only, and its sequences are what we are measured by (B-01)
const SUBSCRIPTIONS = placeOf(SUBSCRIBE) | placeOf(UNSUBSCRIBE)
const misplaced = (row: PropertyRule, place: Place) =>
  ((place & SUBSCRIPTIONS) === 0 ? protocolError : malformed)(`${row.name} is not allowed in this packet (§2.2.2.2)`)
const tooMany = (limit: number) => new MalformedPacket(0x97, `more than ${limit} user properties`)
