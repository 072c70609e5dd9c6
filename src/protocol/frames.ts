import { ProtocolError } from './errors.ts'
import { reason, reasonError } from './reasons.ts'
import { copyOf } from './text.ts'
import { isVariable, readTlvs, readValue, skipTlvs, tlvSize, type Value, valueSize, writeTlv } from './tlv.ts'

export { frameReasons, reason } from './reasons.ts'

/** flags u8, timestamp u64, token 16. */
export const FRAME_HEADER = 25
/** The header, then sub-device, number, priority, count (u16 each). */
export const CALL_HEADER = 33
const PROPERTY_HEADER = 6
const TOKEN_AT = 9
const TOKEN_LENGTH = 16
/** Old firmware sends its events this many octets short. */
const EVENT_SHORT = 2

export const frameKind = { status: 1, event: 2, command: 3 } as const

/** Sixteen zero octets: the token of a frame that carries none. Shared, never written to. */
export const noToken: Uint8Array = new Uint8Array(TOKEN_LENGTH)

/** What every frame begins with. `timestamp` in milliseconds (0 = no clock), exact up to 2⁵³. */
export type FrameHead = { flags: number; timestamp: number; token: Uint8Array }
/** One object of a status. `subDevice` is reliable only in the first of a frame; `types[i]` is the TLV type of `values[i]`. */
export type Property = { subDevice: number; object: number; count: number; values: Value[]; types: number[] }
export type StatusFrame = FrameHead & { properties: Property[] }
export type CommandFrame = FrameHead & {
  subDevice: number
  no: number
  priority: number
  count: number
  values: Value[]
  types: number[]
}
/**
 * `count` is what the frame says; the old cloud read values to the end whatever it said, and so do we.
 * `truncated`: the last value is cut short (its missing octets are 0 or left out), or there are fewer values than `count`.
 */
export type EventFrame = CommandFrame & { truncated: boolean }

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!

const checkStatus = (b: Uint8Array, at: number, to: number): number => {
  while (at < to) {
    if (at + PROPERTY_HEADER > to) return reason.property_truncated
    at = skipTlvs(b, at + PROPERTY_HEADER, to, u16(b, at + 4))
    if (at < 0) return -at
  }
  return reason.ok
}

const checkCommand = (b: Uint8Array, from: number, to: number): number => {
  if (to - from < CALL_HEADER) return reason.frame_truncated
  const next = skipTlvs(b, from + CALL_HEADER, to, u16(b, from + CALL_HEADER - 2))
  if (next < 0) return -next
  return next === to ? reason.ok : reason.frame_trailing_bytes
}

/** Octets missing at the end of the TLV at `at`, ≤ 0 if it is whole; a number above EVENT_SHORT if the frame can't be an old one. */
const missing = (b: Uint8Array, at: number, to: number): number => {
  const left = to - at
  if (left === 1) return b[at] === 0 ? EVENT_SHORT : EVENT_SHORT + 1
  const size = b[at] === 0 ? valueSize(b[at + 1]!) : 0
  if (!isVariable(size)) return 2 + size - left
  return left < 4 ? 4 - left : 4 + u16(b, at + 2) - left
}

const checkEvent = (b: Uint8Array, from: number, to: number): number => {
  let at = from + CALL_HEADER
  if (to < at) return to === at - EVENT_SHORT ? reason.ok : reason.frame_truncated
  while (at < to) {
    const next = skipTlvs(b, at, to, 1)
    if (next > 0) at = next
    else if (next === -reason.tlv_truncated && missing(b, at, to) <= EVENT_SHORT) return reason.ok
    else return -next
  }
  return reason.ok
}

/**
 * 0 if `b[from…to)` is a well-formed frame of `kind` (a number of `frameKind`), the quirks of old firmware included, else a number of
 * `reason`. Exactly the frames with 0 can be decoded. Allocates nothing.
 */
export const checkFrame = (kind: number, b: Uint8Array, from: number, to: number): number => {
  if (to - from < FRAME_HEADER) return reason.frame_truncated
  if (kind === frameKind.status) return checkStatus(b, from + FRAME_HEADER, to)
  if (kind === frameKind.event) return checkEvent(b, from, to)
  return kind === frameKind.command ? checkCommand(b, from, to) : reason.frame_kind_unknown
}

const readToken = (b: Uint8Array, at: number): Uint8Array => {
  for (let i = at; i < at + TOKEN_LENGTH; i++) if (b[i] !== 0) return copyOf(b, at, at + TOKEN_LENGTH)
  return noToken
}

const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 0x10000 + u16(b, at + 2)

/** The timestamp of a frame whose head is there, in milliseconds; 0 = the device has no clock. */
export const frameTimestamp = (b: Uint8Array, from = 0): number => u32(b, from + 1) * 0x100000000 + u32(b, from + 5)

const checked = (kind: number, b: Uint8Array, from: number, to: number): void => {
  const why = checkFrame(kind, b, from, to)
  if (why !== reason.ok) throw reasonError(why, { kind, length: to - from })
}

/** Status frame → properties in the order of the frame (an object may come twice). Throws the error of `checkFrame`'s reason. */
export const decodeStatus = (b: Uint8Array, from = 0, to = b.length): StatusFrame => {
  checked(frameKind.status, b, from, to)
  const properties: Property[] = []
  for (let at = from + FRAME_HEADER; at < to; ) {
    const count = u16(b, at + 4)
    const { values, types, next } = readTlvs(b, at + PROPERTY_HEADER, to, count)
    properties.push({ subDevice: u16(b, at), object: u16(b, at + 2), count, values, types })
    at = next
  }
  return { flags: b[from]!, timestamp: frameTimestamp(b, from), token: readToken(b, from + TOKEN_AT), properties }
}

/**
 * Calls visit for each object of a status frame, in the order of the frame, without its head. Throws where the frame is not whole; what comes
 * before that has been visited.
 */
export const eachProperty = (
  b: Uint8Array,
  from: number,
  to: number,
  visit: (object: number, types: number[], values: Value[]) => void,
): void => {
  for (let at = from + FRAME_HEADER; at < to; ) {
    if (at + PROPERTY_HEADER > to) throw reasonError(reason.property_truncated, { length: to - from })
    const { values, types, next } = readTlvs(b, at + PROPERTY_HEADER, to, u16(b, at + 4))
    visit(u16(b, at + 2), types, values)
    at = next
  }
}

/**
 * One value of a status frame, as `decodeStatus` has it, without decoding the others; undefined where there is none. Of an object that comes
 * twice the last counts.
 */
export const statusValue = (b: Uint8Array, object: number, position: number): { type: number; value: Value } | undefined => {
  let found = 0
  for (let at = FRAME_HEADER, next = at; at + PROPERTY_HEADER <= b.length; at = next) {
    const count = u16(b, at + 4)
    next = skipTlvs(b, at + PROPERTY_HEADER, b.length, count)
    if (next < 0) return undefined
    if (u16(b, at + 2) === object) found = position < count ? skipTlvs(b, at + PROPERTY_HEADER, next, position) : 0
  }
  if (found === 0) return undefined
  const { types, values } = readTlvs(b, found, b.length, 1)
  return { type: types[0]!, value: values[0]! }
}

const readCall = (b: Uint8Array, from: number, count: number, values: Value[], types: number[]): CommandFrame => ({
  flags: b[from]!,
  timestamp: frameTimestamp(b, from),
  token: readToken(b, from + TOKEN_AT),
  subDevice: u16(b, from + FRAME_HEADER),
  no: u16(b, from + FRAME_HEADER + 2),
  priority: u16(b, from + FRAME_HEADER + 4),
  count,
  values,
  types,
})

/** Command frame → object; the count must be right. Throws the error of `checkFrame`'s reason. */
export const decodeCommand = (b: Uint8Array, from = 0, to = b.length): CommandFrame => {
  checked(frameKind.command, b, from, to)
  const count = u16(b, from + CALL_HEADER - 2)
  const { values, types } = readTlvs(b, from + CALL_HEADER, to, count)
  return readCall(b, from, count, values, types)
}

const padded = new Uint8Array(8)

/** The last value of a short event: text and bytes as far as they go, numbers with their missing low octets 0. */
const readShort = (b: Uint8Array, at: number, to: number, values: Value[], types: number[]): void => {
  if (to - at < 2) return
  const type = b[at + 1]!
  const variable = isVariable(valueSize(type))
  const start = Math.min(at + (variable ? 4 : 2), to)
  types.push(type)
  if (variable) values.push(readValue(type, b, start, to - start))
  else {
    padded.fill(0)
    padded.set(b.subarray(start, to))
    values.push(readValue(type, padded, 0, padded.length))
  }
}

/** Event frame → object, quirks of old firmware included (see `EventFrame`). Throws the error of `checkFrame`'s reason. */
export const decodeEvent = (b: Uint8Array, from = 0, to = b.length): EventFrame => {
  checked(frameKind.event, b, from, to)
  const count = to - from < CALL_HEADER ? 0 : u16(b, from + CALL_HEADER - 2)
  const values: Value[] = []
  const types: number[] = []
  let short = false
  for (let at = from + CALL_HEADER; at < to; ) {
    const next = skipTlvs(b, at, to, 1)
    short = next < 0
    if (short) readShort(b, at, to, values, types)
    else {
      const type = b[at + 1]!
      const start = at + (isVariable(valueSize(type)) ? 4 : 2)
      types.push(type)
      values.push(readValue(type, b, start, next - start))
    }
    at = short ? to : next
  }
  return Object.assign(readCall(b, from, count, values, types), { truncated: short || values.length < count })
}

/** What an encoder needs; head fields left out are 0. `types[i]` is the TLV type of `values[i]`. */
export type NewProperty = Omit<Property, 'count'>
export type NewStatus = Partial<FrameHead> & { properties: readonly NewProperty[] }
export type NewCall = Partial<FrameHead> & { subDevice: number; no: number; priority: number; values: Value[]; types: number[] }

const MAX_COUNT = 0xffff

const tlvsSize = (values: Value[], types: number[]): number => {
  if (values.length > MAX_COUNT) throw new ProtocolError('frame_too_long', { count: values.length })
  if (values.length !== types.length) throw new ProtocolError('wrong_count', { expected: types.length, got: values.length })
  let size = 0
  for (let i = 0; i < values.length; i++) size += tlvSize(types[i]!, values[i]!)
  return size
}

const write16 = (b: Uint8Array, at: number, value: number): void => {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff)
    throw new ProtocolError('value_out_of_range', { min: 0, max: 0xffff, got: value }, `expected uint16, got ${value}`)
  b[at] = value >> 8
  b[at + 1] = value
}

const writeHead = (b: Uint8Array, head: Partial<FrameHead>): void => {
  const timestamp = head.timestamp ?? 0
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw new ProtocolError('value_out_of_range', { timestamp })
  b[0] = head.flags ?? 0
  for (let at = TOKEN_AT - 1, rest = timestamp; rest > 0; rest = Math.floor(rest / 256)) b[at--] = rest % 256
  if (head.token === undefined) return
  if (head.token.length !== TOKEN_LENGTH) throw new ProtocolError('value_out_of_range', { token: head.token.length })
  b.set(head.token, TOKEN_AT)
}

const writeTlvs = (b: Uint8Array, at: number, values: Value[], types: number[]): number => {
  for (let i = 0; i < values.length; i++) at = writeTlv(b, at, types[i]!, values[i]!)
  return at
}

/** Status → frame. Throws `value_wrong_type` for a value that its type can't carry. */
export const encodeStatus = (status: NewStatus): Uint8Array => {
  let size = FRAME_HEADER
  for (const p of status.properties) size += PROPERTY_HEADER + tlvsSize(p.values, p.types)
  const b = new Uint8Array(size)
  writeHead(b, status)
  let at = FRAME_HEADER
  for (const p of status.properties) {
    write16(b, at, p.subDevice)
    write16(b, at + 2, p.object)
    write16(b, at + 4, p.values.length)
    at = writeTlvs(b, at + PROPERTY_HEADER, p.values, p.types)
  }
  return b
}

const encodeCall = (call: NewCall): Uint8Array => {
  const b = new Uint8Array(CALL_HEADER + tlvsSize(call.values, call.types))
  writeHead(b, call)
  write16(b, FRAME_HEADER, call.subDevice)
  write16(b, FRAME_HEADER + 2, call.no)
  write16(b, FRAME_HEADER + 4, call.priority)
  write16(b, FRAME_HEADER + 6, call.values.length)
  writeTlvs(b, CALL_HEADER, call.values, call.types)
  return b
}

/** Command → frame. Throws `value_wrong_type` for a value that its type can't carry. */
export const encodeCommand = (command: NewCall): Uint8Array => encodeCall(command)

/** Event → frame. Throws `value_wrong_type` for a value that its type can't carry. */
export const encodeEvent = (event: NewCall): Uint8Array => encodeCall(event)
