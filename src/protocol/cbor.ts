/**
 * CBOR (RFC 8949) as far as JSON goes, and octets: integers (beyond ±(2⁵³ − 1) as bigint), floats, texts, byte strings, lists, maps with text
 * keys, true, false, null. Lengths may be indefinite; tags are passed over. Anything else is an error that names the octet.
 */
import { ProtocolError } from './errors.ts'
import { MAX_DEPTH } from './json.ts'

export type CborValue = null | boolean | number | bigint | string | Uint8Array | CborValue[] | { [key: string]: CborValue }

const [UINT, NEGATIVE, BYTES, TEXT, LIST, MAP, TAG] = [0, 1, 2, 3, 4, 5, 6] as const
const BREAK = 0xff
const INDEFINITE = 31
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class Reader {
  private at = 0
  private readonly b: Uint8Array
  private readonly view: DataView

  constructor(b: Uint8Array) {
    this.b = b
    this.view = new DataView(b.buffer, b.byteOffset, b.byteLength)
  }

  whole(): CborValue {
    const value = this.value(0)
    if (this.at !== this.b.length) throw this.wrong('something stands behind the value')
    return value
  }

  private wrong(why: string): ProtocolError {
    return new ProtocolError('wrong_format', { at: this.at }, `malformed CBOR at octet ${this.at}: ${why}`)
  }

  private take(n: number): number {
    const from = this.at
    if (n > this.b.length - from) throw this.wrong('it is cut off')
    this.at = from + n
    return from
  }

  private value(depth: number): CborValue {
    if (depth > MAX_DEPTH) throw new ProtocolError('json_too_deep', { max: MAX_DEPTH })
    const first = this.b[this.take(1)]!
    const major = first >> 5
    const info = first & 31
    switch (major) {
      case UINT:
        return this.argument(info)
      case NEGATIVE:
        return negative(this.argument(info))
      case BYTES:
        return this.octets(info, BYTES)
      case TEXT:
        return this.text(info)
      case LIST:
        return this.list(info, depth)
      case MAP:
        return this.map(info, depth)
      case TAG:
        this.argument(info)
        return this.value(depth + 1)
      default:
        return this.simple(info)
    }
  }

  private argument(info: number): number | bigint {
    if (info < 24) return info
    if (info === 24) return this.b[this.take(1)]!
    if (info === 25) return this.view.getUint16(this.take(2))
    if (info === 26) return this.view.getUint32(this.take(4))
    if (info !== 27) throw this.wrong('a length of a reserved form')
    const n = this.view.getBigUint64(this.take(8))
    return n <= Number.MAX_SAFE_INTEGER ? Number(n) : n
  }

  private length(info: number): number {
    const n = this.argument(info)
    if (n > this.b.length - this.at) throw this.wrong('it is cut off')
    return Number(n)
  }

  private octets(info: number, major: number): Uint8Array {
    if (info !== INDEFINITE) {
      const n = this.length(info)
      const from = this.take(n)
      return this.b.slice(from, from + n)
    }
    const parts: Uint8Array[] = []
    while (!this.ended()) {
      const first = this.b[this.take(1)]!
      if (first >> 5 !== major || (first & 31) === INDEFINITE) throw this.wrong('a piece of another kind')
      parts.push(this.octets(first & 31, major))
    }
    const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const p of parts) {
      out.set(p, at)
      at += p.length
    }
    return out
  }

  private text(info: number): string {
    const octets = this.octets(info, TEXT)
    try {
      return utf8.decode(octets)
    } catch {
      throw this.wrong('a text that is not UTF-8')
    }
  }

  private list(info: number, depth: number): CborValue[] {
    const items: CborValue[] = []
    if (info === INDEFINITE) while (!this.ended()) items.push(this.value(depth + 1))
    else for (let n = this.length(info); n > 0; n--) items.push(this.value(depth + 1))
    return items
  }

  private map(info: number, depth: number): Record<string, CborValue> {
    const found: [string, CborValue][] = []
    const entry = () => {
      const key = this.value(depth + 1)
      if (typeof key !== 'string') throw this.wrong('a key that is no text')
      found.push([key, this.value(depth + 1)])
    }
    if (info === INDEFINITE) while (!this.ended()) entry()
    else for (let n = this.length(info); n > 0; n--) entry()
    // `__proto__` becomes an ordinary key
    return Object.fromEntries(found)
  }

  private ended(): boolean {
    if (this.b[this.take(1)] === BREAK) return true
    this.at--
    return false
  }

  private simple(info: number): CborValue {
    if (info === 20 || info === 21) return info === 21
    if (info === 22 || info === 23) return null
    if (info === 25) return half(this.view.getUint16(this.take(2)))
    if (info === 26) return this.view.getFloat32(this.take(4))
    if (info === 27) return this.view.getFloat64(this.take(8))
    throw this.wrong('a value that JSON does not know')
  }
}

function negative(n: number | bigint): number | bigint {
  if (typeof n === 'bigint' || n === Number.MAX_SAFE_INTEGER) return -1n - BigInt(n)
  return -1 - n
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Octets → the value. Throws `wrong_format`, `json_too_deep`. */
export const decodeCbor = (b: Uint8Array): CborValue => new Reader(b).whole()

const head = (major: number, n: number | bigint): number[] => {
  const first = major << 5
  if (n < 24) return [first | Number(n)]
  const size = n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x100000000 ? 4 : 8
  const out = [first | (24 + Math.log2(size))]
  for (let i = size - 1; i >= 0; i--) out.push(Number((BigInt(n) >> BigInt(8 * i)) & 0xffn))
  return out
}

const double = (n: number): number[] => {
  const b = new DataView(new ArrayBuffer(8))
  b.setFloat64(0, n)
  return [0xfb, ...new Uint8Array(b.buffer)]
}

const write = (value: unknown, out: (Uint8Array | number[])[], depth: number): void => {
  if (depth > MAX_DEPTH) throw new ProtocolError('json_too_deep', { max: MAX_DEPTH })
  if (value === null || value === undefined) out.push([0xf6])
  else if (typeof value === 'boolean') out.push([value ? 0xf5 : 0xf4])
  else if (typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))) {
    const n = value as number | bigint
    out.push(n >= 0 ? head(UINT, n) : head(NEGATIVE, -1n - BigInt(n)))
  } else if (typeof value === 'number') out.push(double(value))
  else if (typeof value === 'string') {
    const text = new TextEncoder().encode(value)
    out.push(head(TEXT, text.length), text)
  } else if (value instanceof Uint8Array) out.push(head(BYTES, value.length), value)
  else if (Array.isArray(value)) {
    out.push(head(LIST, value.length))
    for (const v of value) write(v, out, depth + 1)
  } else {
    const entries = Object.entries(value as object).filter(([, v]) => v !== undefined)
    out.push(head(MAP, entries.length))
    for (const [k, v] of entries) {
      write(k, out, depth)
      write(v, out, depth + 1)
    }
  }
}

/** Value → octets, in the shortest form of integers and lengths. */
export const encodeCbor = (value: unknown): Uint8Array => {
  const parts: (Uint8Array | number[])[] = []
  write(value, parts, 0)
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}
