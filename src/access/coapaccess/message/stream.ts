/** CoAP messages in a stream of octets: the framing of RFC 8323 §3. */
import { type Content, parseContent, sizeOfContent, writeContent } from './message.ts'

/** Length nibble, token length and code come first; 13, 14 and 15 say how many octets of length follow. */
const EXTENDED: readonly number[] = [13, 269, 65_805]
const widths: readonly number[] = [1, 2, 4]

/** undefined: more octets are needed. */
type Head = { tokenLength: number; code: number; from: number; end: number } | undefined

function headOf(b: Uint8Array): Head {
  if (b.length < 2) return undefined
  const nibble = b[0]! >> 4
  const tokenLength = b[0]! & 15
  const width = nibble < 13 ? 0 : widths[nibble - 13]!
  if (b.length < 2 + width) return undefined
  let length = 0
  for (let i = 1; i <= width; i++) length = length * 256 + b[i]!
  length += width === 0 ? nibble : EXTENDED[nibble - 13]!
  const from = 2 + width
  return { tokenLength, code: b[1 + width]!, from, end: from + tokenLength + length }
}

/** One message, or why there will be none any more. */
export type Streamed = (Content & { size: number }) | string

/** Finds messages in what is read. Nothing is put together before a message is whole, so small pieces cost no more than large ones. */
export class StreamReader {
  /** octets that a message may have */
  most: number
  private pieces: Uint8Array[] = []
  private have = 0
  /** octets without which it is not worth looking again */
  private need = 2

  constructor(most: number) {
    this.most = most
  }

  /** A string ends it. */
  *read(chunk: Uint8Array): Iterable<Streamed> {
    this.pieces.push(chunk)
    this.have += chunk.length
    if (this.have < this.need) return
    let b = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces)
    for (;;) {
      const head = headOf(b)
      if (head && head.end > this.most) return yield `a message of ${head.end} octets, where ${this.most} are taken`
      if (head === undefined || b.length < head.end) {
        // a copy: a view would keep all that was read with it
        this.pieces = b.length === 0 ? [] : [Buffer.from(b)]
        this.have = b.length
        this.need = head ? head.end : b.length + 1
        return
      }
      const content = parseContent(b, head.from, head.end, head.code, head.tokenLength)
      yield typeof content === 'string' ? content : { ...content, size: head.end }
      if (typeof content === 'string') return
      b = b.subarray(head.end)
    }
  }
}

/** Octets in front of the token, at most. */
export const MOST_STREAM_HEAD = 6

export function writeStreamed(c: Content): Buffer {
  const length = sizeOfContent(c)
  const kind = length < EXTENDED[0]! ? -1 : length < EXTENDED[1]! ? 0 : length < EXTENDED[2]! ? 1 : 2
  const width = kind < 0 ? 0 : widths[kind]!
  const out = Buffer.allocUnsafe(2 + width + c.token.length + length)
  out[0] = ((kind < 0 ? length : 13 + kind) << 4) | c.token.length
  if (kind >= 0) out.writeUIntBE(length - EXTENDED[kind]!, 1, width)
  out[1 + width] = c.code
  writeContent(out, 2 + width, c)
  return out
}
