import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiaryEntry } from '#contracts/controller.ts'
import { ribbon, statsOf } from './diary.ts'

const HOUR = 3_600_000
const now = 1_800_000_000_000
const entry = (ago: number, kind: DiaryEntry['kind'], cause?: string, params = {}): DiaryEntry => ({
  at: now - ago * HOUR,
  kind,
  ...(cause !== undefined && { cause }),
  params,
})

// ADM-32
test('seven days in figures: share online, ends, refusals, the longest stretches; what is not known counts for nothing', () => {
  const entries = [
    entry(1, 'diary', 'token_unknown', { count: 300 }),
    entry(2, 'offline', 'closed_by_peer'),
    entry(10, 'online'),
    entry(11, 'diary', 'logged_in'),
    entry(20, 'offline', 'disconnected'),
    entry(24, 'online'),
    entry(400, 'offline', 'disconnected'),
  ]
  const stats = (list: DiaryEntry[], whole: boolean) => statsOf(list, ribbon(list, whole, now))
  assert.deepEqual(stats(entries, true), {
    online_share: 12 / 168,
    connects: 2,
    ends: 2,
    refusals: 300,
    longest_online: 8 * HOUR,
    longest_offline: 144 * HOUR,
  })
  assert.equal(stats(entries.slice(0, -1), false).online_share, 12 / 24)
  assert.deepEqual(stats([], true), {
    online_share: 0,
    connects: 0,
    ends: 0,
    refusals: 0,
    longest_online: 0,
    longest_offline: 168 * HOUR,
  })
})
