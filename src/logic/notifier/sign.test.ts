import assert from 'node:assert/strict'
import { it } from 'node:test'
import { signer } from './sign.ts'

const headers = (flat: string[]): Record<string, string> => {
  const found: Record<string, string> = {}
  for (let i = 0; i < flat.length; i += 2) found[flat[i]!] = flat[i + 1]!
  return found
}

// HOOK-8
it('S-22 signs id, time and body as Standard Webhooks does (the vector of its libraries)', () => {
  const s = signer({ reportToken: 't', signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })
  const h = headers(s.headers('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, Buffer.from('{"test": 2432232314}')))
  assert.equal(h['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  assert.equal(h['webhook-id'], 'msg_p5jXN8AQM9LWM0D4loKWxJek')
  assert.equal(h['webhook-timestamp'], '1614265330')
  assert.equal(h['App-Token'], 't')
})

it('S-22 another time or body has another signature, so an old request cannot be passed off as a new one', () => {
  const s = signer({ reportToken: 't', signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })
  const body = Buffer.from('{}')
  const all = [s.headers('a', 1, body), s.headers('a', 2, body), s.headers('b', 1, body), s.headers('a', 1, Buffer.from('[]'))]
  assert.equal(new Set(all.map((h) => headers(h)['webhook-signature'])).size, 4)
})

it('lets no token break out of its line', () => {
  const h = headers(signer({ reportToken: 'a\r\nX-Evil: 1', signingSecret: 'whsec_' }).headers('i', 1, Buffer.from('')))
  assert.equal(h['App-Token'], 'aX-Evil: 1')
})
