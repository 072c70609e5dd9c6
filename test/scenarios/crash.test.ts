/** The short form of `npm run test:crash`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashRounds } from '../crash/rounds.ts'

test('F-01 F-04 kill -9 under QoS 1 and 2 load: nothing confirmed is lost, order is kept, QoS 2 counts once', async () => {
  const seed = Date.now() % 1_000_000
  const { lost, disordered, duplicates, disagreeing, confirmed } = await crashRounds({ rounds: 3, devices: 12, seed })
  const said = `seed ${seed}`
  assert.deepEqual(
    { lost, disordered, duplicates, disagreeing },
    { lost: [], disordered: [], duplicates: [], disagreeing: [] },
    said,
  )
  assert.ok(confirmed > 100, `${confirmed} confirmed`)
})
