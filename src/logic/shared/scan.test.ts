import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBatch, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { wanted } from './scan.ts'

// QUAR-2
test('frames that were read again later are no news', () => {
  const b = makeBatch(1, 1, [
    { kind: recordKind.status, device: 1 },
    { kind: recordKind.event, device: 1, flags: recordFlag.redecoded },
    { kind: recordKind.event, device: 1 },
  ])
  const mask = (1 << recordKind.status) | (1 << recordKind.event)
  assert.deepEqual(
    wanted(b, mask).map((w) => [w.kind, w.index]),
    [
      [recordKind.status, 0],
      [recordKind.event, 2],
    ],
  )
})
