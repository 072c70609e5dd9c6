import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { makeSecrets } from '../secrets.ts'
import { type Cost, type Derive, derive, generatePassword, makePasswords } from './password.ts'

const secrets = makeSecrets('a master key of the tests, long enough', 1)
const cheap = { ln: 6, r: 1, p: 1 }

describe('passwords', () => {
  it('cost what OWASP asks for, whether the name is known or not', async () => {
    const computed: Cost[] = []
    const counting: Derive = (password, salt, cost) => {
      assert.ok(password.length <= 1024, 'a long one costs no more')
      computed.push(cost)
      return derive(password, salt, { ...cost, ln: 6 })
    }
    const passwords = makePasswords(secrets, undefined, counting)
    const hash = await passwords.hash('a long enough password')
    assert.match(hash, /^scrypt-15-8-3\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/)
    const generated = passwords.hashGenerated('x')
    const tries: [password: string, of: string | undefined, right: boolean][] = [
      ['a long enough password', hash, true],
      ['wrong', hash, false],
      ['wrong', undefined, false],
      ['wrong', generated, false],
      ['x', generated, true],
      ['x'.repeat(1e6), hash, false],
    ]
    for (const [password, of, right] of tries) {
      computed.length = 0
      assert.equal(await passwords.verify(password, of, ''), right)
      assert.deepEqual(computed, [{ ln: 15, r: 8, p: 3 }], `${password.slice(0, 30)} of ${of}`)
    }
  })

  it('are verified at the cost at which they were hashed', async () => {
    const before = makePasswords(secrets, cheap)
    const after = makePasswords(secrets, { ...cheap, ln: 7 })
    const hash = await before.hash('right')
    assert.deepEqual([await after.verify('right', hash, ''), await after.verify('wrong', hash, '')], [true, false])
    assert.notEqual(await before.hash('right'), hash)
  })

  it('S-20: are worth nothing without the master key', async () => {
    const other = makePasswords(makeSecrets('another master key, also long enough', 1), cheap)
    const passwords = makePasswords(secrets, cheap)
    const hash = await passwords.hash('right')
    assert.equal(await other.verify('right', hash, ''), false)
    assert.equal(await other.verify('g', passwords.hashGenerated('g'), ''), false)
    assert.equal(await passwords.verify('g', passwords.hashGenerated('g'), ''), true)
    for (const odd of ['', '$', 'scrypt-0-0-0$$', 'generated$$', 'right', hash.slice(0, -1)])
      assert.equal(await passwords.verify('right', odd, ''), false, odd)
  })

  it('O-13: computed one after the other, a few wait, the rest is refused; one address takes not all places', async () => {
    const passwords = makePasswords(secrets, cheap)
    const hash = await passwords.hash('right')
    const all = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => passwords.verify('wrong', hash, 'attacker')),
      passwords.verify('right', hash, 'other'),
    ])
    assert.equal(all.filter((a) => a.status === 'rejected' && isPandoError(a.reason, 'rate_limited')).length, 6)
    assert.deepEqual(all.at(-1), { status: 'fulfilled', value: true })
    assert.equal(await passwords.verify('right', hash, 'attacker'), true)
  })

  it('S-12: 100 000 generated ones never repeat', () => {
    const made = new Set(Array.from({ length: 100_000 }, generatePassword))
    assert.equal(made.size, 100_000)
    assert.ok(Math.log2(56) * 23 > 128)
  })
})
