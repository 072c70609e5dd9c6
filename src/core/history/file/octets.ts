/** Growing octets with varints (7 bits an octet, low first), as runs and snapshots use them. */

export class Octets {
  b: Buffer
  v: DataView
  at = 0

  constructor(size: number) {
    this.b = Buffer.allocUnsafeSlow(size)
    this.v = new DataView(this.b.buffer)
  }

  /** Makes room for `n` octets more. */
  reserve(n: number): void {
    if (this.at + n <= this.b.length) return
    const b = Buffer.allocUnsafeSlow(Math.max(this.at + n, this.b.length * 2))
    this.b.copy(b, 0, 0, this.at)
    this.b = b
    this.v = new DataView(b.buffer)
  }

  /** An integer 0 … 2⁵³−1; the caller has reserved 8 octets. */
  varint(n: number): void {
    const b = this.b
    let at = this.at
    while (n >= 0x80000000) {
      b[at++] = (n % 128) | 128
      n = Math.floor(n / 128)
    }
    while (n > 127) {
      b[at++] = (n & 127) | 128
      n >>>= 7
    }
    b[at++] = n
    this.at = at
  }

  /** Copies src[from, to); the caller has reserved the room. */
  copy(src: Uint8Array, from: number, to: number): void {
    const b = this.b
    let at = this.at
    if (to - from > 96) {
      b.set(src.subarray(from, to), at)
      at += to - from
    } else while (from < to) b[at++] = src[from++]!
    this.at = at
  }

  bytes(): Buffer {
    return this.b.subarray(0, this.at)
  }
}

/** A place to read varints from. */
export interface Place {
  b: Uint8Array
  at: number
}

export function readVarint(p: Place): number {
  const b = p.b
  let at = p.at
  let c = b[at++]!
  let n = c & 127
  if (c > 127) {
    let shift = 7
    do {
      c = b[at++]!
      n = shift < 28 ? n | ((c & 127) << shift) : n + (c & 127) * 2 ** shift
      shift += 7
    } while (c > 127)
  }
  p.at = at
  return n
}
