/** The short form of `node test/crash/commandkills.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandKills } from '../crash/commandkills.ts'

// DOWN-10
test('L3 kill -9 while commands live: no state goes backwards, nothing accepted is lost, order is kept, what was cancelled does not come', async () => {
  const seed = Date.now() % 1_000_000
  const { commands, states, ...wrong } = await commandKills({ rounds: 3, devices: 6, seed })
  const said = `seed ${seed}: ${JSON.stringify(states)}`
  assert.deepEqual(wrong, { backwards: [], lost: [], untrue: [], cancelled: [], disordered: [] }, said)
  // how many there are depends on how fast the machine is
  assert.ok(commands > 10 && (states['delivered'] ?? 0) > 0 && (states['executed'] ?? 0) > 0, said)
})
