/** HMAC-SHA-256 (RFC 2104) out of `crypto.hash`: `createHmac` costs ten times as much a call. */
import { hash } from 'node:crypto'

const BLOCK = 64
const DIGEST = 32

type Text = 'base64' | 'base64url' | 'hex'

/** The function that authenticates with this key; a key longer than a block counts as its hash (RFC 2104 §2). */
export function hmacSha256(key: Uint8Array): (message: string | Uint8Array, as: Text) => string {
  const short = key.length > BLOCK ? hash('sha256', key, 'buffer') : key
  const pad = (value: number, room: number): Buffer => {
    const block = Buffer.alloc(BLOCK + room)
    block.set(short)
    for (let i = 0; i < BLOCK; i++) block[i]! ^= value
    return block
  }
  const [inner, outer] = [pad(0x36, 0), pad(0x5c, DIGEST)]
  return (message, as) => {
    const octets = typeof message === 'string' ? Buffer.from(message) : message
    // a digest as text of one character an octet: as a buffer it costs twice the hashing
    outer.write(hash('sha256', Buffer.concat([inner, octets]), 'binary'), BLOCK, 'binary')
    return hash('sha256', outer, as)
  }
}
