import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { recordFlag } from '#core/devicelog/batch.ts'
import { silentLog } from '#lib/log.ts'
import { testClock } from '../../../test/support/testclock.ts'
import { Doubts } from './doubts.ts'
import type { Uplink } from './uplink.ts'

// DIARY-7
test('ends of sessions wait until it is known which of them are late, and are recorded as they were', async () => {
  const recorded: unknown[][] = []
  const uplink = { record: (...args: unknown[]) => void recorded.push(args) } as unknown as Uplink
  const clock = testClock()
  let up = false
  const doubts = new Doubts({
    peer: () => ({
      async lateEnds({ sessions }) {
        if (!up) throw new Error('away')
        return { late: sessions.map(({ epoch }) => epoch < 10) }
      },
    }),
    uplink: () => uplink,
    clock,
    log: silentLog(),
  })
  const end = (deviceId: number, epoch: number) => ({
    origin: { deviceId, productId: 1, modelVersion: 1, epoch },
    reason: 12,
    time: 100 + deviceId,
    data: Buffer.from('{}'),
  })
  await doubts.settled()
  doubts.add(end(1, 5))
  doubts.add(end(2, 15))
  let settled = false
  void doubts.settled().then(() => (settled = true))
  for (let i = 0; i < 5; i++) await turn()
  doubts.add(end(3, 6))
  assert.deepEqual([recorded.length, settled], [0, false])
  up = true
  clock.advance(1000)
  for (let i = 0; i < 5; i++) await turn()
  assert.equal(settled, true)
  assert.deepEqual(
    recorded.map(([, reason, flags, origin, time]) => [reason, flags, (origin as { deviceId: number }).deviceId, time]),
    [
      [12, recordFlag.late, 1, 101],
      [12, 0, 2, 102],
      [12, recordFlag.late, 3, 103],
    ],
  )
})

test('a session is expected to be late once, and by its epoch', () => {
  const doubts = new Doubts({} as never)
  doubts.expect([{ device: 1, epoch: 5 }])
  assert.equal(doubts.expects({ deviceId: 1, epoch: 6 }), false)
  assert.equal(doubts.expects({ deviceId: 1, epoch: 5 }), true)
  assert.equal(doubts.expects({ deviceId: 1, epoch: 5 }), false)
})
