import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import { silentLog } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { housekeeping } from './recover.ts'
import type { WayUp } from './up.ts'

/** Runs one round of housekeeping with so much free space and says which limits the engines were given. */
async function oneRound(free: number, freedByHistory: number) {
  let now = 0
  let tick = () => {}
  const clock: Clock = {
    now: () => now,
    after: () => () => {},
    every(_ms, f) {
      tick = f
      return () => {}
    },
  }
  const asked: string[] = []
  const history = {
    current: { saved: new Map(), save: async () => {} },
    cursors: () => new Map(),
    flush: async () => {},
    async retain({ maxBytes }: { maxBytes: number }) {
      asked.push(`history ${maxBytes}`)
      const droppedBytes = maxBytes < 5000 ? freedByHistory : 0
      free += droppedBytes
      return { droppedBytes, bytes: 5000 }
    },
  } as unknown as History
  const devicelog = {
    streams: async () => [],
    advance: async () => {},
    free: async () => free,
    async retain({ maxBytes }: { maxBytes: number }) {
      asked.push(`log ${maxBytes}`)
      return { droppedBytes: 0, bytes: 3000 }
    },
  } as unknown as DeviceLog
  const up = { sinceMark: () => 0, mark() {}, applied: new Map(), catchUp: async () => 0 } as unknown as WayUp
  const limits = { devicelogMaxBytes: 9000, devicelogMaxAge: 1, historyMaxBytes: 8000, historyMaxAge: 1, diskReserve: 1000 }
  const keeping = housekeeping({ devicelog, history, up, log: silentLog(), clock, limits, stillMine: () => true, onSizes() {} })
  now = 61_000
  tick()
  await keeping.stop()
  return asked
}

test('with enough free space only the limits count', async () => {
  assert.deepEqual(await oneRound(1000, 0), ['history 8000', 'log 9000'])
})

test('a disk that runs full: history gives way first', async () => {
  assert.deepEqual(await oneRound(400, 600), ['history 8000', 'log 9000', 'history 4400'])
})

test('the log gives way last, by what is still missing', async () => {
  assert.deepEqual(await oneRound(400, 100), ['history 8000', 'log 9000', 'history 4400', 'log 2500'])
})
