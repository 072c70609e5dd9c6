import { malformed } from './malformed.ts'
import { checkText, encodeText, textSize } from './utf8.ts'

/** Largest length of a text or binary field: its prefix has two bytes. */
const MAX_FIELD = 0xffff

/** Each `put…` writes at an offset and returns the offset behind what it wrote; room has been made sure of before. */
export function putU16(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 8
  target[at + 1] = value
  return at + 2
}

export function putU32(target: Uint8Array, at: number, value: number): number {
  putU16(target, at, (value >>> 16) & 0xffff)
  return putU16(target, at + 2, value & 0xffff)
}

export function putText(target: Uint8Array, at: number, text: string): number {
  const end = encodeText(target, at + 2, text)
  putU16(target, at, end - at - 2)
  return end
}

export function putBinary(target: Uint8Array, at: number, bytes: Uint8Array): number {
  putU16(target, at, bytes.length)
  target.set(bytes, at + 2)
  return at + 2 + bytes.length
}

/** Bytes of a text field with its prefix. @throws {MalformedPacket} text that MQTT can't carry */
export function textFieldSize(text: string): number {
  checkText(text)
  return fieldSize(textSize(text))
}

/** Bytes of a binary field with its prefix. @throws {MalformedPacket} longer than 65 535 */
export const binaryFieldSize = (bytes: Uint8Array): number => fieldSize(bytes.length)

function fieldSize(length: number): number {
  if (length > MAX_FIELD) throw malformed(`a field has ${length} bytes, more than 65535 [MQTT-1.5.4, 1.5.6]`)
  return 2 + length
}

/** @throws {MalformedPacket} unless an integer of 1…65535 [MQTT-2.2.1-3] */
export function checkPacketId(id: number): void {
  if (!Number.isInteger(id) || id < 1 || id > 0xffff) throw malformed(`packet identifier ${id} [MQTT-2.2.1-3]`)
}
