import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '#lib/log.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { openPresence } from '../open.ts'
import { presenceSuite } from '../suite.ts'

presenceSuite('memory', async () => {
  const clock = testClock()
  return { presence: await openPresence('memory:', { clock, log: silentLog() }), advance: async (ms) => clock.advance(ms) }
})

test('F-13 presence memory: a clock that is set disconnects nobody', async () => {
  const clock = testClock()
  const p = await openPresence('memory:', { clock, log: silentLog() })
  await p.lease('n1', 5000)
  await p.claim([{ device: 1, node: 'n1', epoch: 1, protocol: 'mqtt', address: 'a:1', since: 0 }])
  clock.set(clock.now() + 10 * 86_400_000)
  assert.equal(await p.count(), 1)
  clock.set(clock.now() - 11 * 86_400_000)
  clock.advance(4999)
  assert.equal(await p.count(), 1)
  clock.advance(1)
  assert.equal(await p.count(), 0)
})
