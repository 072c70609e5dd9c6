import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opened, sealed, suites } from './record.ts'
import { ReplayWindow } from './window.ts'

// COAP-16
test('a record opens as it was sealed, and not with a bit of it changed', () => {
  for (const suite of suites) {
    const key = { suite, key: Buffer.alloc(16, 1), salt: Buffer.alloc(4, 2) }
    const r = { type: 23, epoch: 1, seq: 2 ** 40 + 7, fragment: Buffer.from('hello') }
    const bytes = sealed(key, r)
    const of = (b: Buffer) => opened(key, { ...r, fragment: b.subarray(13) })
    assert.equal(of(bytes)?.toString(), 'hello')
    for (let at = 13; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      assert.equal(of(changed), undefined, String(at))
    }
    assert.equal(opened(key, { ...r, seq: r.seq + 1, fragment: bytes.subarray(13) }), undefined)
    for (let n = 0; n < bytes.length - 13; n++)
      assert.equal(opened(key, { ...r, fragment: bytes.subarray(13, 13 + n) }), undefined)
  }
})

// COAP-16
test('a number comes once: whatever the order, and what is too old to know is not taken', () => {
  const w = new ReplayWindow()
  const take = (n: number): boolean => {
    const fresh = w.fresh(n)
    if (fresh) w.take(n)
    return fresh
  }
  assert.deepEqual([0, 2, 1, 2, 0, 1, 3].map(take), [true, true, true, false, false, false, true])
  assert.equal(take(100), true)
  assert.deepEqual([36, 37, 37, 99, 100].map(take), [false, true, false, true, false])
  assert.equal(take(2 ** 47), true)
  assert.equal(take(100), false)
})
