import { malformed } from './malformed.ts'

/** Largest Variable Byte Integer: four bytes of seven bits. */
export const MAX_VARINT = 268_435_455

/** Bytes that `value` takes; the shortest form is the only one allowed [MQTT-1.5.5-1]. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  return value < 0x20_0000 ? 3 : 4
}

/**
 * Reads a Variable Byte Integer inside a packet; it took `varintSize(result)` bytes.
 * @throws {MalformedPacket} cut short, longer than four bytes, or not in its shortest form
 */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  for (let n = 0; n < 4; n++) {
    if (at + n >= end) throw malformed('a variable byte integer is cut short [MQTT-1.5.5]')
    const byte = bytes[at + n]!
    value += (byte & 0x7f) * 2 ** (7 * n)
    if (byte < 0x80) {
      if (n > 0 && byte === 0) throw malformed('a variable byte integer is longer than needed [MQTT-1.5.5-1]')
      return value
    }
  }
  throw malformed('a variable byte integer has more than 4 bytes [MQTT-1.5.5]')
}

/** Writes `value` (0…268 435 455) and returns the offset behind it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    target[at++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  target[at++] = value
  return at
}
