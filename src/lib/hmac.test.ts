import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { hmacSha256 } from './hmac.ts'

it('authenticates as HMAC-SHA-256 does (RFC 2104), with keys shorter and longer than a block', () => {
  for (const size of [0, 1, 16, 32, 64, 65, 200]) {
    const key = randomBytes(size)
    for (const message of ['', 'x', '中文'.repeat(50), randomBytes(200)]) {
      for (const as of ['base64', 'base64url', 'hex'] as const)
        assert.equal(hmacSha256(key)(message, as), createHmac('sha256', key).update(message).digest(as))
    }
  }
})
