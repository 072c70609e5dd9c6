import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../../test/support/testclock.ts'
import { makeShares } from './shares.ts'

const MINUTE = 60_000

// ADM-32
test('the share of each half-hour is the mean of what was looked at; what was not is not known; a day is kept', async () => {
  const clock = testClock(1_800_000_000_000)
  const online = new Set([1, 2, 3])
  const peers = {
    registry: {
      products: async () => ({ items: [{ id: 7 }] }),
      searchDevices: async () => ({ total: 4, ids: [1, 2, 3, 4], products: [7, 7, 7, 7] }),
    },
    devicemanager: {
      routes: async ({ devices }: { devices: number[] }) => ({ items: devices.filter((d) => online.has(d)) }),
    },
  } as unknown as Parameters<typeof makeShares>[0]['peers']
  const shares = makeShares({ peers, clock })
  const pass = async (minutes: number) => {
    for (let m = 0; m < minutes; m += 5) {
      clock.advance(5 * MINUTE)
      await new Promise((done) => setImmediate(done))
    }
  }
  assert.deepEqual(
    shares.of(7),
    Array.from({ length: 48 }, () => null),
  )
  await pass(25)
  online.delete(3)
  await pass(30)
  const [before, now] = shares.of(7).slice(-2)
  assert.deepEqual([before, now], [0.75, 0.5])
  assert.equal(shares.of(8).at(-1), null)
  await pass(25 * 60)
  assert.equal(new Set(shares.of(7)).size, 1)
  shares.stop()
})
