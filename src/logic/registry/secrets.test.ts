import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { makeSecrets, newSecret, newSigningSecret, newToken, sameText } from './secrets.ts'

const golden = JSON.parse(readFileSync('test/vectors/keys.json', 'utf8'))
const secrets = makeSecrets('a master key of the tests, long enough', 1)
const unreadable = (e: unknown) => isPandoError(e, 'store_damaged')

describe('secrets', () => {
  // KEY-4
  it('S-20: what is wrapped opens in its own place only', () => {
    const sealed = secrets.seal('device.secret', 7, 'tmwW9JEKy0wG7OWoyPJxrd8CnVZ37Cyi')
    assert.equal(secrets.open('device.secret', 7, sealed), 'tmwW9JEKy0wG7OWoyPJxrd8CnVZ37Cyi')
    assert.ok(!sealed.includes('tmwW'))
    assert.notEqual(secrets.seal('device.secret', 7, 'same'), secrets.seal('device.secret', 7, 'same'))
    assert.throws(() => secrets.open('device.secret', 8, sealed), unreadable)
    assert.throws(() => secrets.open('device.key', 7, sealed), unreadable)
    assert.throws(() => makeSecrets('a master key of the tests, long enough', 2).open('device.secret', 7, sealed), unreadable)
    const other = (e: unknown) => unreadable(e) && /another master key/.test((e as Error).message)
    assert.throws(() => makeSecrets('another master key, also long enough', 1).open('device.secret', 7, sealed), other)
  })

  it('S-20: a changed or cut wrapping never opens', () => {
    const sealed = Buffer.from(secrets.seal('report.token', 1, 'some token'), 'base64url')
    for (let i = 0; i < sealed.length * 8; i++) {
      const wrong = Buffer.from(sealed)
      wrong[i >> 3]! ^= 1 << (i & 7)
      assert.throws(() => secrets.open('report.token', 1, wrong.toString('base64url')), unreadable, `bit ${i}`)
    }
    for (let n = 0; n < sealed.length; n++) {
      assert.throws(() => secrets.open('report.token', 1, sealed.subarray(0, n).toString('base64url')), unreadable, `${n} octets`)
    }
  })

  it('keeps the hashes of different uses, tenants and master keys apart', () => {
    const [other, foreign] = [
      makeSecrets('another master key, also long enough', 1),
      makeSecrets('a master key of the tests, long enough', 2),
    ]
    const key = golden.keys[0].key
    const token: string = golden.access_token_sample
    const all = [secrets.keyHash('device.key', key), secrets.keyHash('product.key', key), other.keyHash('device.key', key)]
    all.push(foreign.keyHash('device.key', key), secrets.tokenHash(token), other.tokenHash(token), secrets.checkValue('aes', key))
    assert.equal(new Set(all).size, all.length)
    assert.equal(secrets.tokenHash(token), secrets.tokenHash(token.toUpperCase()))
  })

  it('compares texts of any length', () => {
    assert.equal(sameText('abc', 'abc'), true)
    for (const [a, b] of [
      ['abc', 'abd'],
      ['abc', 'ab'],
      ['', 'a'],
      ['é', 'e\u0301'],
    ] as const)
      assert.equal(sameText(a, b), false)
  })

  it('S-12: 100 000 secrets and tokens have the form of the old ones and never repeat (test/vectors/keys.json)', () => {
    const n = 100_000
    const [issued, tokens] = [new Set<string>(), new Set<string>()]
    for (let i = 0; i < n; i++) {
      const [secret, token] = [newSecret(), newToken()]
      assert.match(secret, /^[A-Za-z0-9+/]{32}$/)
      assert.match(token, /^[0-9a-f]{32}$/)
      issued.add(secret)
      tokens.add(token)
    }
    assert.equal(issued.size + tokens.size, 2 * n)
    for (const sample of golden.device_secret_samples) assert.match(sample, /^[A-Za-z0-9+/]{32}$/)
    assert.match(newSigningSecret(), /^whsec_[A-Za-z0-9+/]{43}=$/)
  })
})
