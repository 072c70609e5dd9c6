import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../../../../test/support/controller.ts'
import { makeOutbox, SEND_MS } from './outbox.ts'

function setUp() {
  const sent: { id?: string; n?: number; skipped?: number }[] = []
  const socket = { bufferedAmount: 0, send: (text: string) => void sent.push(JSON.parse(text)) }
  const outbox = makeOutbox(socket as never, () => {})
  return { sent, socket, outbox }
}

// LIVE-5
test('of values the latest is sent, at most twenty times a second; what must not be lost is all sent, in order', async () => {
  const { sent, outbox } = setUp()
  const began = performance.now()
  let n = 0
  let kept = 0
  while (performance.now() - began < 400) {
    outbox.latest('a', { id: 'a', n: ++n })
    if (n % 10 === 0) outbox.keep(JSON.stringify({ id: 'k', n: ++kept }))
    await new Promise((done) => setImmediate(done))
  }
  const spent = performance.now() - began
  await eventually(() => sent.findLast((m) => m.id === 'a')?.n === n)
  const values = sent.filter((m) => m.id === 'a')
  assert.ok(values.length <= spent / SEND_MS + 2, `${values.length} sends in ${spent} ms`)
  assert.ok(values.every((m, i) => i === 0 || m.n! > values[i - 1]!.n!))
  await eventually(() => sent.filter((m) => m.id === 'k').length === kept)
  assert.deepEqual(
    sent.filter((m) => m.id === 'k').map((m) => m.n),
    Array.from({ length: kept }, (_, i) => i + 1),
  )
  outbox.stop()
})

// LIVE-5
test('who is 256 KiB behind gets no values, and is told how many were skipped; a pause sends nothing', async () => {
  const { sent, socket, outbox } = setUp()
  socket.bufferedAmount = 300 << 10
  for (let n = 1; n <= 5; n++) outbox.latest('a', { id: 'a', n })
  outbox.keep('{"id":"k"}')
  await eventually(() => sent.length === 1)
  assert.deepEqual(sent, [{ id: 'k' }], 'what must not be lost goes out')
  await sleep(3 * SEND_MS)
  assert.equal(sent.length, 1)
  socket.bufferedAmount = 0
  await eventually(() => sent.length === 2)
  assert.deepEqual(sent[1], { id: 'a', n: 5, skipped: 4 })
  outbox.pause(true)
  outbox.latest('a', { id: 'a', n: 6 })
  outbox.latest('b', { id: 'b', n: 1 })
  outbox.forget('b')
  await sleep(3 * SEND_MS)
  assert.equal(sent.length, 2)
  outbox.pause(false)
  await eventually(() => sent.length === 3)
  assert.deepEqual(sent[2], { id: 'a', n: 6 })
  outbox.stop()
})
