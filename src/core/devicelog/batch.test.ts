import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FOREIGN_KINDS, kindsIn, makeBatch, recordFlag, recordKind } from './batch.ts'

test('the kinds of a batch are those of its records, and whether a frame is a codec’s', () => {
  const of = (...records: { kind: number; flags?: number }[]) =>
    kindsIn(
      makeBatch(
        1,
        1,
        records.map((r) => ({ device: 1, ...r })),
      ),
    )
  assert.equal(of(), 0)
  assert.equal(of({ kind: recordKind.status }, { kind: recordKind.status }), 1 << recordKind.status)
  assert.equal(of({ kind: recordKind.event }, { kind: recordKind.told }), (1 << recordKind.event) | (1 << recordKind.told))
  const foreign = { kind: recordKind.status, flags: recordFlag.foreign | recordFlag.qos2 }
  assert.equal(of({ kind: recordKind.online }, foreign), (1 << recordKind.online) | (1 << recordKind.status) | FOREIGN_KINDS)
})
