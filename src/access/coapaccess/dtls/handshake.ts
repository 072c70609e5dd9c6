/** Messages of the handshake with a pre-shared key (RFC 6347 §4.2, RFC 4279 §2). */
import { createHash, createHmac } from 'node:crypto'

export const kind = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  serverHelloDone: 14,
  clientKeyExchange: 16,
  finished: 20,
} as const

const HEAD = 12
/** None of ours is longer: a hello of a few hundred octets, an identity. */
const LONGEST = 2048
const EXTENDED_MASTER_SECRET = 23
const RENEGOTIATION_INFO = 0xff01
const SCSV = 0x00ff

export interface HandshakeMessage {
  kind: number
  seq: number
  body: Buffer
}

/** As it is hashed and sent: in one piece. */
export function written({ kind, seq, body }: HandshakeMessage): Buffer {
  const out = Buffer.alloc(HEAD + body.length)
  out[0] = kind
  out.writeUIntBE(body.length, 1, 3)
  out.writeUInt16BE(seq, 4)
  out.writeUIntBE(body.length, 9, 3)
  out.set(body, HEAD)
  return out
}

/** Puts messages together from their fragments; one at a time, in their order. */
export class Assembler {
  private next: { seq: number; body: Buffer; have: number } | undefined;

  /** The whole messages of a record. `expected`: the number of the one that comes next; others are not kept. */
  *take(b: Buffer, expected: () => number): Iterable<HandshakeMessage> {
    for (let at = 0; at + HEAD <= b.length; ) {
      const length = b.readUIntBE(at + 1, 3)
      const seq = b.readUInt16BE(at + 4)
      const offset = b.readUIntBE(at + 6, 3)
      const size = b.readUIntBE(at + 9, 3)
      const from = at + HEAD
      at = from + size
      if (at > b.length || length > LONGEST || offset + size > length) return
      const whole = this.add(seq, length, offset, b.subarray(from, at), expected())
      if (whole) yield { kind: b[from - HEAD]!, seq, body: whole }
    }
  }

  private add(seq: number, length: number, offset: number, piece: Buffer, expected: number): Buffer | undefined {
    if (piece.length === length) return piece
    if (seq !== expected) return undefined
    if (this.next?.seq !== seq || this.next.body.length !== length) this.next = { seq, body: Buffer.alloc(length), have: 0 }
    // fragments in their order only: whoever loses one sends all of them again
    if (offset > this.next.have) return undefined
    piece.copy(this.next.body, offset)
    this.next.have = Math.max(this.next.have, offset + piece.length)
    if (this.next.have < length) return undefined
    const { body } = this.next
    this.next = undefined
    return body
  }
}

export interface ClientHello {
  random: Buffer
  cookie: Buffer
  /** all but the cookie: what the cookie is made of */
  fixed: Buffer
  suites: number[]
  extended: boolean
  secureRenegotiation: boolean
}

/** undefined: it is none that we could answer. */
export function readClientHello(b: Buffer): ClientHello | undefined {
  try {
    const random = b.subarray(2, 34)
    let at = 34 + 1 + b.readUInt8(34)
    const cookieAt = at
    const cookie = b.subarray(at + 1, at + 1 + b.readUInt8(at))
    at += 1 + cookie.length
    const fixed = Buffer.concat([b.subarray(0, cookieAt), b.subarray(at)])
    const end = at + 2 + b.readUInt16BE(at)
    const suites: number[] = []
    for (let i = at + 2; i < end; i += 2) suites.push(b.readUInt16BE(i))
    at = end + 1 + b.readUInt8(end)
    const found = new Set<number>()
    if (at < b.length) {
      for (let i = at + 2; i + 4 <= b.length; i += 4 + b.readUInt16BE(i + 2)) found.add(b.readUInt16BE(i))
    }
    if (b.length < 34 || at > b.length) return undefined
    return {
      random,
      cookie,
      fixed,
      suites,
      extended: found.has(EXTENDED_MASTER_SECRET),
      secureRenegotiation: found.has(RENEGOTIATION_INFO) || suites.includes(SCSV),
    }
  } catch {
    return undefined
  }
}

export function serverHello(random: Buffer, suite: number, hello: ClientHello): Buffer {
  const extensions: number[] = []
  if (hello.extended) extensions.push(0, EXTENDED_MASTER_SECRET, 0, 0)
  if (hello.secureRenegotiation) extensions.push(0xff, 0x01, 0, 1, 0)
  const tail = extensions.length === 0 ? [] : [0, extensions.length, ...extensions]
  // no session is kept, so none has an id
  return Buffer.concat([Buffer.from([0xfe, 0xfd]), random, Buffer.from([0, suite >> 8, suite & 0xff, 0, ...tail])])
}

/** Its version is 1.0 for every client (RFC 6347 §4.2.1). */
export const helloVerifyRequest = (cookie: Buffer): Buffer => Buffer.concat([Buffer.from([0xfe, 0xff, cookie.length]), cookie])

/** P_SHA256 (RFC 5246 §5) */
export function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const start = Buffer.concat([Buffer.from(label), seed])
  const parts: Buffer[] = []
  let a = start
  for (let have = 0; have < length; have += 32) {
    a = createHmac('sha256', secret).update(a).digest()
    parts.push(createHmac('sha256', secret).update(a).update(start).digest())
  }
  return Buffer.concat(parts).subarray(0, length)
}

export function premaster(psk: Buffer): Buffer {
  const out = Buffer.alloc(4 + 2 * psk.length)
  out.writeUInt16BE(psk.length, 0)
  out.writeUInt16BE(psk.length, 2 + psk.length)
  psk.copy(out, 4 + psk.length)
  return out
}

export const digest = (messages: readonly Buffer[]): Buffer => {
  const hash = createHash('sha256')
  for (const m of messages) hash.update(m)
  return hash.digest()
}
