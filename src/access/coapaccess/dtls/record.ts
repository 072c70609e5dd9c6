/** Records of DTLS 1.2 (RFC 6347 §4.1), in the clear or under AES-128-CCM-8 or GCM (RFC 6655, RFC 5288). */
import { createCipheriv, createDecipheriv } from 'node:crypto'

export const content = { changeCipherSpec: 20, alert: 21, handshake: 22, application: 23 } as const
export const VERSION = 0xfefd
const VERSION_ONE = 0xfeff
const HEAD = 13
const EXPLICIT = 8
const SALT = 4

export interface Record {
  type: number
  epoch: number
  /** below 2⁴⁸ */
  seq: number
  fragment: Buffer
}

/** The records of a datagram; whatever is no record ends it (§4.1.2.7: it is dropped in silence). */
export function* recordsOf(b: Buffer): Iterable<Record> {
  for (let at = 0; at + HEAD <= b.length; ) {
    const version = b.readUInt16BE(at + 1)
    const end = at + HEAD + b.readUInt16BE(at + 11)
    if ((version !== VERSION && version !== VERSION_ONE) || end > b.length) return
    yield {
      type: b[at]!,
      epoch: b.readUInt16BE(at + 3),
      seq: b.readUIntBE(at + 5, 6),
      fragment: b.subarray(at + HEAD, end),
    }
    at = end
  }
}

export function plainRecord({ type, epoch, seq, fragment }: Record): Buffer {
  const out = Buffer.alloc(HEAD + fragment.length)
  head(out, type, epoch, seq, fragment.length)
  out.set(fragment, HEAD)
  return out
}

function head(out: Buffer, type: number, epoch: number, seq: number, length: number): void {
  out[0] = type
  out.writeUInt16BE(VERSION, 1)
  out.writeUInt16BE(epoch, 3)
  out.writeUIntBE(seq, 5, 6)
  out.writeUInt16BE(length, 11)
}

export interface Suite {
  id: number
  algorithm: 'aes-128-ccm' | 'aes-128-gcm'
  tag: number
}
/** In the order of our choice. */
export const suites: readonly Suite[] = [
  { id: 0x00a8, algorithm: 'aes-128-gcm', tag: 16 },
  { id: 0xc0a8, algorithm: 'aes-128-ccm', tag: 8 },
]

/** One direction's key. */
export interface Key {
  suite: Suite
  key: Buffer
  salt: Buffer
}

function additional(type: number, epoch: number, seq: number, length: number): Buffer {
  const b = Buffer.alloc(HEAD)
  b.writeUInt16BE(epoch, 0)
  b.writeUIntBE(seq, 2, 6)
  b[8] = type
  b.writeUInt16BE(VERSION, 9)
  b.writeUInt16BE(length, 11)
  return b
}

export function sealed({ suite, key, salt }: Key, { type, epoch, seq, fragment }: Record): Buffer {
  const out = Buffer.alloc(HEAD + EXPLICIT + fragment.length + suite.tag)
  head(out, type, epoch, seq, out.length - HEAD)
  // the explicit part of the nonce is epoch and number, which never come twice
  out.copy(out, HEAD, 3, 3 + EXPLICIT)
  const nonce = Buffer.concat([salt, out.subarray(HEAD, HEAD + EXPLICIT)])
  const cipher = createCipheriv(suite.algorithm as 'aes-128-gcm', key, nonce, { authTagLength: suite.tag })
  const aad = additional(type, epoch, seq, fragment.length)
  cipher.setAAD(aad, { plaintextLength: fragment.length } as never)
  out.set(cipher.update(fragment), HEAD + EXPLICIT)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - suite.tag)
  return out
}

/** undefined: it was not made with this key. */
export function opened({ suite, key, salt }: Key, { type, epoch, seq, fragment }: Record): Buffer | undefined {
  const length = fragment.length - EXPLICIT - suite.tag
  if (length < 0) return undefined
  const nonce = Buffer.concat([salt, fragment.subarray(0, EXPLICIT)])
  const cipher = createDecipheriv(suite.algorithm as 'aes-128-gcm', key, nonce, { authTagLength: suite.tag })
  cipher.setAuthTag(fragment.subarray(fragment.length - suite.tag))
  cipher.setAAD(additional(type, epoch, seq, length), { plaintextLength: length } as never)
  try {
    const text = cipher.update(fragment.subarray(EXPLICIT, EXPLICIT + length))
    cipher.final()
    return text
  } catch {
    return undefined
  }
}

export const keyLength = { key: 16, salt: SALT } as const
