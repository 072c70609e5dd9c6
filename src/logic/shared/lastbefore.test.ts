import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBatch } from '#core/devicelog/batch.ts'
import { lastBefore } from './lastbefore.ts'

/** A stream whose batch n was closed at 10 n. */
function stream(first: number, last: number) {
  let reads = 0
  return {
    info: { stream: 7, first, last, sealed: false },
    reads: () => reads,
    async read(_: number, after: number) {
      reads++
      const seq = after + 1
      if (seq < first || seq > last) return []
      return [makeBatch(7, seq, [], 10 * seq)]
    },
  }
}

test('the last batch before a time is found wherever it is, what has just been in one reading', async () => {
  for (const [first, last] of [
    [1, 0],
    [1, 1],
    [1, 1000],
    [500, 737],
  ] as const) {
    for (const time of [0, 10, 11, 10 * first, 10 * first + 1, 5555, 10 * last, 10 * last + 1, 99_999]) {
      const log = stream(first, last)
      const before = Math.min(last, Math.ceil(time / 10) - 1)
      assert.equal(await lastBefore(log, log.info, time), before < first ? first - 1 : before, `${first} ${last} ${time}`)
      assert.ok(log.reads() <= 20)
      if (time > 10 * last) assert.ok(log.reads() <= 1)
    }
  }
})
