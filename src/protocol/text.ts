const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const SHORT = 24

/** A copy, also of a Buffer (whose own slice shares its memory). */
export const copyOf = (b: Uint8Array, from: number, to: number): Uint8Array => {
  const copy = new Uint8Array(to - from)
  if (copy.length > SHORT) copy.set(b.subarray(from, to))
  else for (let i = 0; i < copy.length; i++) copy[i] = b[from + i]!
  return copy
}

/** UTF-8 → text; what isn't UTF-8 becomes U+FFFD (test/vectors/tlv.json), a byte order mark stays. */
export const utf8Text = (b: Uint8Array, from: number, to: number): string => {
  if (to - from > SHORT) return decoder.decode(b.subarray(from, to))
  let text = ''
  for (let i = from; i < to; i++) {
    const byte = b[i]!
    if (byte > 0x7f) return decoder.decode(b.subarray(from, to))
    text += String.fromCharCode(byte)
  }
  return text
}

export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text)

/** Octets that `text` takes as UTF-8, without making them. */
export const utf8Length = (text: string): number => {
  let n = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) n += 1
    else if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      n += 2
      i++
    } else n += 2
  }
  return n
}

const CHUNK = 8192

/** Standard base64 with padding. */
export const base64 = (b: Uint8Array): string => {
  let latin = ''
  for (let i = 0; i < b.length; i += CHUNK) latin += String.fromCharCode(...b.subarray(i, i + CHUNK))
  return btoa(latin)
}

/** Text of an unknown value for an error message, one line, cut to a readable length. */
export const shown = (value: unknown): string => {
  const text = typeof value === 'bigint' ? String(value) : typeof value === 'string' ? JSON.stringify(value) : plain(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

const plain = (value: unknown): string => {
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object' && value !== null) return 'an object'
  return Object.is(value, -0) ? '-0' : String(value)
}
