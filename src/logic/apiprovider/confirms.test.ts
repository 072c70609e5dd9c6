import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandState, eachRecord, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import { makeConfirms } from './confirms.ts'

// ADM-32
test('95 of a hundred commands were confirmed in the time told; what was never sent, or sent again, counts from its last sending', () => {
  const c = makeConfirms()
  const step = (device: number, no: number, state: number, time: number) => {
    const data = Buffer.alloc(8)
    data.writeUInt32LE(no)
    const b = makeBatch(1, 1, [{ kind: recordKind.commandState, reason: state, device, time, data }])
    eachRecord(b, 0, (p) => c.see(b, p))
  }
  assert.equal(c.p95(0), undefined)
  for (let i = 1; i <= 100; i++) {
    step(7, i, commandState.sent, 1000)
    step(8, i, commandState.delivered, 1000 + i)
    step(7, i, commandState.delivered, 1000 + i)
  }
  assert.equal(c.p95(0), 95)
  assert.equal(c.p95(1100), 100)
  assert.equal(c.p95(2000), undefined)
  step(7, 1, commandState.sent, 5000)
  step(7, 1, commandState.sent, 5900)
  step(7, 1, commandState.delivered, 6000)
  assert.equal(c.p95(2000), 100)
})
