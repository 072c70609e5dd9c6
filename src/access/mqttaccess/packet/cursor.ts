import { malformed } from './malformed.ts'
import { checkUtf8, decodeText } from './utf8.ts'
import { readVarint, varintSize } from './varint.ts'

/**
 * Reads a packet's fields one after the other, never beyond `end`. Texts are checked and copied, binaries copied:
 * what is read outlives the buffer. For the packets off the hot path.
 */
export class Cursor {
  readonly bytes: Uint8Array
  readonly end: number
  readonly strictText: boolean
  at: number

  constructor(bytes: Uint8Array, at: number, end: number, strictText: boolean) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.strictText = strictText
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.at
  }

  u8(what: string): number {
    return this.bytes[this.take(1, what)]!
  }

  u16(what: string): number {
    const at = this.take(2, what)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  varint(): number {
    const value = readVarint(this.bytes, this.at, this.end)
    this.at += varintSize(value)
    return value
  }

  /** Passes `size` bytes and returns where they start. */
  take(size: number, what: string): number {
    const at = this.at
    if (at + size > this.end) throw malformed(`the packet ends within ${what}`)
    this.at = at + size
    return at
  }

  /** A UTF-8 Encoded String. */
  text(what: string): string {
    const start = this.prefixed(what)
    checkUtf8(this.bytes, start, this.at, this.strictText)
    return decodeText(this.bytes, start, this.at)
  }

  /** Binary Data, copied. */
  binary(what: string): Uint8Array {
    const start = this.prefixed(what)
    return copyBytes(this.bytes, start, this.at)
  }

  /** Passes a two-byte length and as many bytes; returns where those start (they end at `at`). */
  prefixed(what: string): number {
    return this.take(this.u16(what), what)
  }

  /** @throws {MalformedPacket} when bytes are left over */
  done(what: string): void {
    if (this.at !== this.end) throw malformed(`${this.left} bytes too many in ${what}`)
  }
}

/** A copy of `bytes[start, end)`. (`slice` of a Node `Buffer` copies nothing.) */
export const copyBytes = (bytes: Uint8Array, start: number, end: number): Uint8Array => new Uint8Array(bytes.subarray(start, end))
