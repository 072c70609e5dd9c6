import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../../test/support/testclock.ts'
import { makeSweeper } from './sweep.ts'

// ADM-33
test('the devices of all products are counted by one question, which is not repeated while its answer is fresh', async () => {
  const clock = testClock(1_800_000_000_000)
  const gone = { state: 'offline', cause: 'disconnected', since: clock.now() }
  const how = new Map<number, object>([
    [1, { state: 'online' }],
    [2, gone],
    [3, gone],
    [4, { state: 'never' }],
  ])
  let asked = 0
  const searchDevices = async () => {
    asked++
    return { total: 4, ids: [1, 2, 3, 4], products: [7, 8, 7, 8] }
  }
  const parts = {
    peers: { registry: { searchDevices } },
    fleet: { of: async (ids: number[]) => ids.map((id) => how.get(id)) },
    clock,
  } as unknown as Parameters<typeof makeSweeper>[0]
  const sweeper = makeSweeper(parts)
  assert.equal(sweeper.similar('disconnected', 2), 0)
  const [{ products }] = await Promise.all([sweeper.counts([]), sweeper.counts([])])
  const none = { online: 0, offline: 0, refused: 0, flapping: 0, never: 0, asleep: 0 }
  assert.deepEqual(Object.fromEntries(products), {
    7: { ...none, total: 2, online: 1, offline: 1, asleep: 1 },
    8: { ...none, total: 2, offline: 1, never: 1, asleep: 1 },
  })
  assert.deepEqual([sweeper.similar('disconnected', 2), sweeper.similar('disconnected', 1)], [1, 2])
  assert.equal(asked, 1)
  how.set(4, { state: 'online' })
  clock.advance(10_000)
  assert.equal((await sweeper.counts([])).products.get(8)!.never, 1, 'what is there is answered at once')
  await new Promise((done) => setImmediate(done))
  assert.equal((await sweeper.counts([])).products.get(8)!.online, 1)
  assert.equal(asked, 2)
  clock.advance(1)
  how.set(1, { state: 'never' })
  assert.equal((await sweeper.counts([{ createdAt: clock.now() }])).products.get(7)!.never, 1, 'of a new product')
  assert.equal(asked, 3)
})
