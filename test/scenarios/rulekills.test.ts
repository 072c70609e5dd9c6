/** The short form of `node test/crash/rulekills.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleKills } from '../crash/rulekills.ts'

// RULE-6
test('L3 kill -9 while rules run: each tick and each event is one run, told once, and one command; the audit log is whole', async () => {
  const seed = Date.now() % 1_000_000
  const { ticks, skipped, events, ...wrong } = await ruleKills({ rounds: 3, seed })
  const said = `seed ${seed}: ${ticks} ticks, ${skipped} passed, ${events} events`
  assert.deepEqual(wrong, { lost: [], twice: [], commands: [], audit: [] }, said)
  assert.ok(ticks >= 3 && events >= 10, said)
})
