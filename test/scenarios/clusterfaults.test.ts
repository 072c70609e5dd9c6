/** A cluster of processes that are restarted and killed under load. The short form of `npm run test:faults`, which freezes them and kills servers, too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultRounds } from '../faults/rounds.ts'
import { onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'

onEngines(enginesOf.processes!, () => {
  // CLU-5, CLU-13
  test('cluster: every process is restarted in turn, some are killed: nothing confirmed is lost, calls are answered, devices come back', async () => {
    const seed = Date.now() % 1_000_000
    const rounds = { kill: 2 }
    const { rolling, ...found } = await faultRounds({ rounds, rolling: true, devices: 3, seed })
    const { lost, disordered, duplicates, disagreeing, confirmed } = found
    const none = { lost: [], disordered: [], duplicates: [], disagreeing: [] }
    assert.deepEqual({ lost, disordered, duplicates, disagreeing }, none, `seed ${seed}`)
    assert.ok(confirmed > 100, `${confirmed} confirmed`)
    const { answers, away } = rolling!
    assert.ok(away.length > 0, 'no device has lost its connection')
    // not there at the moment, at worst: asked again
    const retried = new Set(['200 0', '200 10001', '503 10001'])
    assert.deepEqual(
      [...answers].filter(([kind]) => !retried.has(kind)),
      [],
    )
  })
})
