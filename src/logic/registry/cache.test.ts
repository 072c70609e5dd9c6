import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCache } from './cache.ts'

describe('cache', () => {
  it('keeps what is used and is bounded', () => {
    const cache = makeCache<number, string>(100)
    for (let i = 0; i < 10_000; i++) {
      cache.fill(i, `value ${i}`, cache.epoch())
      cache.get(7)
    }
    assert.ok(cache.size() <= 100)
    assert.equal(cache.get(7), 'value 7')
    assert.equal(cache.get(9999), 'value 9999')
    assert.equal(cache.get(100), undefined)
  })

  it('never takes back what was read before a change', () => {
    const cache = makeCache<string, number>(10)
    const epoch = cache.epoch()
    cache.drop('a')
    cache.fill('a', 1, epoch)
    assert.equal(cache.get('a'), undefined)
    cache.fill('a', 2, cache.epoch())
    assert.equal(cache.get('a'), 2)
    const before = cache.epoch()
    cache.clear()
    cache.fill('b', 3, before)
    assert.equal(cache.get('a'), undefined)
    assert.equal(cache.get('b'), undefined)
  })

  it('S-18: takes any text as a key', () => {
    const cache = makeCache<string, number>(10)
    for (const name of ['__proto__', 'constructor', 'toString']) {
      assert.equal(cache.get(name), undefined)
      cache.fill(name, 1, cache.epoch())
      assert.equal(cache.get(name), 1)
    }
  })
})
