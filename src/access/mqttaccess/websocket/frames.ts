/**
 * Frames of a WebSocket (RFC 6455 §5) as a server reads and writes them. Messages are not gathered: their octets are handed on as they
 * come, since packets of MQTT need not keep to them [MQTT-6.0.0-4]; so whatever length is announced, nothing waits here but a header.
 */

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
/** Status codes (§7.4.1). */
export const status = { normal: 1000, goingAway: 1001, protocolError: 1002, unsupported: 1003, tooBig: 1009 } as const

const CONTROL = 8
const MOST_CONTROL = 125
const MASK = 4
const none = Buffer.alloc(0)

/** Why a frame is refused. */
export interface Refused {
  status: number
  message: string
}

export class FrameReader {
  /** the last ping that was not answered yet; those before it need no answer (§5.5.3) */
  ping: Buffer | undefined
  /** the peer has sent Close */
  closed = false
  /** what is read from here on is lost */
  refused: Refused | undefined
  private readonly head = new Uint8Array(2 + 8 + MASK)
  private headSize = 0
  private inFrame = false
  private code = 0
  /** a message has begun and not ended */
  private inMessage = false
  /** octets of the frame that are still to come */
  private left = 0
  private maskAt = 0
  /** what has come of the octets of a control frame */
  private control = none

  /** Reads what has come → the octets of messages in it; they lie at the beginning of `chunk`, which is overwritten. */
  read(chunk: Buffer): Buffer {
    let at = 0
    let size = 0
    while (at < chunk.length && !this.closed && this.refused === undefined) {
      if (!this.inFrame) {
        at = this.header(chunk, at)
        continue
      }
      const n = Math.min(this.left, chunk.length - at)
      if (this.code >= CONTROL) this.unmask(chunk, at, n, this.control, this.control.length - this.left)
      else {
        this.unmask(chunk, at, n, chunk, size)
        size += n
      }
      at += n
      this.left -= n
      if (this.left === 0) this.ended()
    }
    return chunk.subarray(0, size)
  }

  private unmask(from: Uint8Array, at: number, n: number, to: Uint8Array, out: number): void {
    const { head } = this
    for (let i = 0; i < n; i++) to[out + i] = from[at + i]! ^ head[this.maskAt + (this.offset++ & 3)]!
  }
  private offset = 0

  /** Takes octets of the header → where it went on; the frame has begun when all of it is there. */
  private header(chunk: Uint8Array, from: number): number {
    const { head } = this
    let at = from
    while (at < chunk.length) {
      head[this.headSize++] = chunk[at++]!
      if (this.headSize < 2) continue
      if (this.headSize === 2 && !this.allowed()) return at
      const short = head[1]! & 0x7f
      const extended = short === 126 ? 2 : short === 127 ? 8 : 0
      if (this.headSize < 2 + extended + MASK) continue
      this.begun(lengthOf(head, short), 2 + extended)
      return at
    }
    return at
  }

  private begun(length: number, maskAt: number): void {
    if (length > Number.MAX_SAFE_INTEGER) return this.refuse(status.tooBig, 'a frame of 2^53 octets or more')
    this.headSize = 0
    this.inFrame = true
    this.left = length
    this.maskAt = maskAt
    this.offset = 0
    if (this.code >= CONTROL) this.control = Buffer.alloc(length)
    if (length === 0) this.ended()
  }

  /** Looks at the first two octets. */
  private allowed(): boolean {
    const [first, second] = this.head as unknown as [number, number]
    const code = first & 0x0f
    const fin = first >= 0x80
    this.code = code
    const why = (message: string, what: number = status.protocolError): false => {
      this.refuse(what, message)
      return false
    }
    if (first & 0x70) return why('a reserved bit is set, but no extension was agreed (§5.2)')
    if (second < 0x80) return why('the frame of a client is not masked (§5.1)')
    if (code === opcode.text) return why('a text frame: MQTT is sent in binary ones [MQTT-6.0.0-1]', status.unsupported)
    if (code >= CONTROL) {
      if (code > opcode.pong) return why('an opcode that is none (§5.2)')
      if (!fin) return why('a control frame in fragments (§5.5)')
      if (code === opcode.close && (second & 0x7f) === 1) return why('a status of one octet (§5.5.1)')
      return (second & 0x7f) > MOST_CONTROL ? why(`a control frame of more than ${MOST_CONTROL} octets (§5.5)`) : true
    }
    if (code > opcode.binary) return why('an opcode that is none (§5.2)')
    if ((code === opcode.continuation) !== this.inMessage)
      return why(this.inMessage ? 'a message begins inside another (§5.4)' : 'a continuation of nothing (§5.4)')
    this.inMessage = !fin
    return true
  }

  private ended(): void {
    this.inFrame = false
    if (this.code === opcode.ping) this.ping = this.control
    if (this.code === opcode.close) this.closed = true
    this.control = none
  }

  private refuse(what: number, message: string): void {
    this.refused = { status: what, message: `WebSocket: ${message}` }
  }
}

function lengthOf(head: Uint8Array, short: number): number {
  if (short < 126) return short
  let length = 0
  for (let i = 2; i < (short === 126 ? 4 : 10); i++) length = length * 256 + head[i]!
  return length
}

/** A whole frame of a server: not masked. */
export function frame(code: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const out = Buffer.allocUnsafe(head + length)
  out[0] = 0x80 | code
  out[1] = head === 2 ? length : head === 4 ? 126 : 127
  if (head === 4) out.writeUInt16BE(length, 2)
  if (head === 10) out.writeBigUInt64BE(BigInt(length), 2)
  out.set(payload, head)
  return out
}

export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return frame(opcode.close, payload)
}
