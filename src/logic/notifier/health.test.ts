import assert from 'node:assert/strict'
import { it } from 'node:test'
import { backoff, Health } from './health.ts'

const bad = { ok: false, status: 500, error: 'answered 500' }

// HOOK-6
it('waits 1 s, 2, 4 … 15 min, spread by a fifth', () => {
  const waits = [1, 2, 3, 4, 10, 11, 50].map((n) => backoff(n, 0.5))
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 512_000, 900_000, 900_000])
  assert.equal(backoff(1, 0), 800)
  assert.equal(backoff(1, 1), 1200)
})

it('one device that fails does not make the receiver count as down; three without a success between do', () => {
  const h = new Health()
  for (let i = 0; i < 9; i++) h.failed(1, false, bad, i)
  h.failed(2, false, bad, 10)
  assert.equal(h.down, false)
  h.succeeded()
  h.failed(3, false, bad, 11)
  assert.equal(h.down, false)
  h.failed(1, false, bad, 12)
  h.failed(2, false, bad, 13)
  assert.equal(h.down, true)
  assert.equal(h.failingSince, 11)
})

it('while down only probes put the next try off, as long as the receiver asks for at least', () => {
  const h = new Health()
  for (const device of [1, 2, 3]) h.failed(device, false, bad, 0)
  const first = h.nextTry
  h.failed(4, false, bad, 50_000)
  assert.equal(h.nextTry, first)
  h.failed(1, true, bad, 50_000)
  assert.ok(h.nextTry >= 51_600 && h.nextTry <= 52_400)
  h.failed(2, true, { ...bad, retryAfter: 90_000 }, 60_000)
  assert.equal(h.nextTry, 150_000)
  assert.equal(h.succeeded(), true)
  assert.equal(h.down, false)
})
