/** The short form of `npm run test:faults`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultRounds } from '../faults/rounds.ts'
import { onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/servers.ts'

onEngines(enginesOf.processes!, () => {
  // CLU-5, CLU-6
  test('F-01 F-05 F-08 processes of a cluster are killed, frozen and restarted under load: nothing confirmed is lost, order is kept', async () => {
    const seed = Date.now() % 1_000_000
    const rounds = { kill: 2, freeze: 1, restart: 1 }
    const { lost, disordered, duplicates, disagreeing, confirmed, recovered } = await faultRounds({ rounds, devices: 6, seed })
    const said = `seed ${seed}, ${JSON.stringify(recovered)}`
    assert.deepEqual(
      { lost, disordered, duplicates, disagreeing },
      { lost: [], disordered: [], duplicates: [], disagreeing: [] },
      said,
    )
    assert.ok(confirmed > 100, `${confirmed} confirmed`)
  })
})
