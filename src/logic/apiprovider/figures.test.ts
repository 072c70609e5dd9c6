import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindsIn, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import { makeFigures } from './figures.ts'

test('a batch counts the same whether its kinds are told or looked for', () => {
  const batches = [
    [recordKind.status, recordKind.status, recordKind.status],
    [recordKind.status, recordKind.event, recordKind.online, recordKind.offline, recordKind.command],
    [recordKind.event, recordKind.event],
    [],
  ].map((kinds, i) =>
    makeBatch(
      1,
      i + 1,
      kinds.map((kind) => ({ kind, device: 1 })),
    ),
  )
  const clock = { now: () => 1_700_000_000_000 }
  const [told, looked] = [makeFigures(clock), makeFigures(clock)]
  for (const b of batches) {
    told.see(b, kindsIn(b))
    looked.see(b)
  }
  const sums = (f: typeof told) => (['reports', 'events', 'connects', 'disconnects', 'commands'] as const).map((n) => f.sum(n, 0))
  assert.deepEqual(sums(looked), [4, 3, 1, 1, 1])
  assert.deepEqual(sums(told), sums(looked))
})
