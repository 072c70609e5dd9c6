/** HMAC-SHA-256 (RFC 2104) out of `crypto.hash`: `createHmac` costs ten times as much a call. */
import { hash } from 'node:crypto'

const BLOCK = 64

/** The function that authenticates with this key; a key longer than a block counts as its hash (RFC 2104 §2). */
export function hmacSha256(key: Uint8Array): (message: string | Uint8Array) => Buffer {
  const short = key.length > BLOCK ? hash('sha256', key, 'buffer') : key
  const pad = (value: number): Buffer => {
    const block = Buffer.alloc(BLOCK)
    block.set(short)
    return block.map((v) => v ^ value) as Buffer
  }
  const [inner, outer] = [pad(0x36), pad(0x5c)]
  const digest = (first: Buffer, rest: Uint8Array): Buffer => hash('sha256', Buffer.concat([first, rest]), 'buffer')
  return (message) => digest(outer, digest(inner, typeof message === 'string' ? Buffer.from(message) : message))
}
