import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lengthOf, momentOf } from './times.ts'

test('lengths of time', () => {
  assert.deepEqual(['5m', '1.5h', '250ms', '1d', '30s'].map(lengthOf), [300_000, 5_400_000, 250, 86_400_000, 30_000])
  assert.deepEqual(['', '5', 'm', '0s', '-1m', '1w', '5 m', '0.0001s'].map(lengthOf), Array(8).fill(undefined))
})

test('moments', () => {
  assert.equal(momentOf('1700000000000'), 1_700_000_000_000)
  assert.equal(momentOf('2026-01-02'), Date.UTC(2026, 0, 2))
  assert.equal(momentOf('2026-01-02T03:04:05.678Z'), Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  assert.equal(momentOf('2026-01-02T03:04+01:00'), Date.UTC(2026, 0, 2, 2, 4))
  assert.deepEqual(['', 'yesterday', '2026-13-01', '2026-01-02T03:04', '-5', '1e9'].map(momentOf), Array(6).fill(undefined))
})
