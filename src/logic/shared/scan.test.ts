import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBatch, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { wanted } from './scan.ts'

// QUAR-2, DIARY-7
test('frames that were read again later are no news, nor are ends of sessions that are told late', () => {
  const b = makeBatch(1, 1, [
    { kind: recordKind.status, device: 1 },
    { kind: recordKind.event, device: 1, flags: recordFlag.redecoded },
    { kind: recordKind.event, device: 1 },
    { kind: recordKind.offline, device: 1, flags: recordFlag.late },
    { kind: recordKind.offline, device: 1 },
  ])
  const mask = (1 << recordKind.status) | (1 << recordKind.event) | (1 << recordKind.offline)
  assert.deepEqual(
    wanted(b, mask).map((w) => [w.kind, w.index]),
    [
      [recordKind.status, 0],
      [recordKind.event, 2],
      [recordKind.offline, 4],
    ],
  )
})
