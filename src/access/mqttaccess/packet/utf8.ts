import { malformed } from './malformed.ts'

// MQTT keeps U+FEFF wherever it stands [MQTT-1.5.4-3]; decoders drop a leading one unless told not to
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const cut = () => malformed('a string is not well-formed UTF-8 [MQTT-1.5.4-1]')
const forbidden = () => malformed('a string holds a control character or non-character [MQTT-1.5.4]')

/**
 * Checks a UTF-8 Encoded String's bytes: overlong forms, surrogates, values above U+10FFFF [MQTT-1.5.4-1] and U+0000
 * [MQTT-1.5.4-2] are refused; with `strict` also U+0001…1F, U+007F…9F and the non-characters.
 * @throws {MalformedPacket} 0x81
 */
export function checkUtf8(bytes: Uint8Array, at: number, end: number, strict: boolean): void {
  while (at < end) {
    const byte = bytes[at]!
    if (byte >= 0x80) {
      at = checkSequence(bytes, at, end, strict)
      continue
    }
    if (byte === 0) throw malformed('a string holds U+0000 [MQTT-1.5.4-2]')
    if (strict && (byte < 0x20 || byte === 0x7f)) throw forbidden()
    at++
  }
}

function checkSequence(bytes: Uint8Array, at: number, end: number, strict: boolean): number {
  const lead = bytes[at]!
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (lead < 0xc2 || lead > 0xf4 || at + size > end) throw cut()
  let code = lead & (0xff >> (size + 1))
  for (let i = 1; i < size; i++) {
    const byte = bytes[at + i]!
    if ((byte & 0xc0) !== 0x80) throw cut()
    code = (code << 6) | (byte & 0x3f)
  }
  checkCodePoint(code, size, strict)
  return at + size
}

function checkCodePoint(code: number, size: number, strict: boolean): void {
  const overlong = (size === 3 && code < 0x800) || (size === 4 && code < 0x1_0000)
  if (overlong || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) throw cut()
  if (strict && (code < 0xa0 || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe)) throw forbidden()
}

/** The text of checked bytes. */
export const decodeText = (bytes: Uint8Array, start: number, end: number): string => decoder.decode(bytes.subarray(start, end))

/** UTF-8 bytes of `text`, without its length prefix. */
export function textSize(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) size += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      // a pair: two units, four bytes
      size += 2
      i++
    } else size += 2
  }
  return size
}

/** Refuses a string that no receiver may accept. @throws {MalformedPacket} */
export function checkText(text: string): void {
  if (!text.isWellFormed()) throw malformed('a string holds half a surrogate pair [MQTT-1.5.4-1]')
  if (text.includes('\0')) throw malformed('a string holds U+0000 [MQTT-1.5.4-2]')
}

/** Writes the UTF-8 of `text`, without a length prefix, and returns the offset behind it. */
export function encodeText(target: Uint8Array, at: number, text: string): number {
  return at + encoder.encodeInto(text, target.subarray(at)).written
}
