import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PACE_MS, Pacer } from './pacer.ts'

// PACE-1
test('packets go out one by one, in order, at least 3 ms apart', async () => {
  const out: { n: number; at: number }[] = []
  const pacer = new Pacer((p) => void out.push({ n: p[0]!, at: performance.now() }), assert.fail)
  for (let n = 0; n < 5; n++) pacer.send(Uint8Array.of(n))
  assert.equal(out.length, 1)
  while (out.length < 5) await sleep(1)
  assert.deepEqual(
    out.map((o) => o.n),
    [0, 1, 2, 3, 4],
  )
  for (let i = 1; i < out.length; i++) assert.ok(out[i]!.at - out[i - 1]!.at >= PACE_MS, `gap ${out[i]!.at - out[i - 1]!.at}`)
})

test('a packet after a pause goes out at once', async () => {
  let n = 0
  const pacer = new Pacer(() => n++, assert.fail)
  pacer.send(Uint8Array.of(1))
  await sleep(PACE_MS + 2)
  pacer.send(Uint8Array.of(2))
  assert.equal(n, 2)
})

test('nothing is sent after stop; too much waiting is told', () => {
  let overflow = 0
  let n = 0
  const pacer = new Pacer(
    () => n++,
    () => overflow++,
  )
  for (let i = 0; i < 1002; i++) pacer.send(Uint8Array.of(1))
  assert.equal(overflow, 1)
  pacer.stop()
  assert.equal(n, 1)
})
