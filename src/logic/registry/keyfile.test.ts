import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { loadKeys } from './keyfile.ts'

const HAS_DATA = 'the registry holds data written with a key'
const root = mkdtempSync(join(tmpdir(), 'pando-keys-'))
after(() => rmSync(root, { recursive: true, force: true }))
const dir = (name: string): string => mkdtempSync(join(root, name))

describe('keys.json', () => {
  // KEY-3
  it('S-12 S-20: is made once, for its owner only, with keys of its own', () => {
    const [d, e] = [dir('a'), dir('b')]
    const keys = loadKeys(d, {}, undefined)
    assert.equal(Buffer.byteLength(keys.aesKey), 32)
    assert.ok(keys.masterKey.length >= 32)
    assert.deepEqual(loadKeys(d, {}, HAS_DATA), keys)
    assert.deepEqual(readdirSync(d), ['keys.json'])
    assert.equal(statSync(join(d, 'keys.json')).mode & 0o777, 0o600)
    const others = loadKeys(e, {}, undefined)
    assert.notEqual(others.aesKey, keys.aesKey)
    assert.notEqual(others.masterKey, keys.masterKey)
  })

  it('is not needed where both keys are set, and gives the one that is not', () => {
    const d = dir('set')
    const given = { aesKey: 'A'.repeat(32), masterKey: 'M'.repeat(40) }
    assert.deepEqual(loadKeys(d, given, HAS_DATA), given)
    assert.deepEqual(readdirSync(d), [])
    const made = loadKeys(d, { aesKey: given.aesKey }, undefined)
    assert.equal(made.aesKey, given.aesKey)
    assert.deepEqual(loadKeys(d, { aesKey: given.aesKey }, HAS_DATA), made)
  })

  // KEY-3
  it('is never made anew for a registry that has data', () => {
    const d = dir('missing')
    const refused = (e: unknown) => isPandoError(e, 'config_invalid') && e.message.includes(join(d, 'keys.json'))
    assert.throws(() => loadKeys(d, {}, HAS_DATA), refused)
    assert.deepEqual(readdirSync(d), [])
  })

  it('R2 F-03: each bit flipped, each length cut: found by name, or the keys are right', () => {
    const d = dir('damage')
    const keys = loadKeys(d, {}, undefined)
    const file = join(d, 'keys.json')
    const whole = readFileSync(file)
    const examine = (content: Buffer, what: string): void => {
      writeFileSync(file, content)
      try {
        assert.deepEqual(loadKeys(d, {}, undefined), keys, what)
      } catch (e) {
        assert.ok(isPandoError(e, 'store_damaged') && e.message.includes(file), `${what}: ${String(e)}`)
        assert.ok(!e.message.includes(keys.aesKey) && !e.message.includes(keys.masterKey), 'S-19')
      }
    }
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      examine(flipped, `bit ${bit}`)
    }
    for (let n = 0; n < whole.length - 1; n++) {
      writeFileSync(file, whole.subarray(0, n))
      assert.throws(
        () => loadKeys(d, {}, undefined),
        (e) => isPandoError(e, 'store_damaged'),
        `${n} octets`,
      )
    }
    for (const other of ['null', '[]', '{}', '""', '{"aesKey":1,"masterKey":2}']) {
      writeFileSync(file, other)
      assert.throws(
        () => loadKeys(d, {}, undefined),
        (e) => isPandoError(e, 'store_damaged'),
        other,
      )
    }
  })
})
