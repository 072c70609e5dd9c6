import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { waiting } from './waiting.ts'

type Parts = Parameters<typeof waiting>[0]

// DOWN-4
test('a log that does not answer: the caller hears of it at the deadline, and what it takes later is over and never sent', async () => {
  const clock = testClock()
  const log = Promise.withResolvers<{ text: string }>()
  const seen: string[] = []
  const target = { device: { id: 9 }, model: {}, origin: {}, node: 'a' }
  const parts = {
    clock,
    down: { find: async () => target, locate: async () => target, expressible() {} },
    log: { accepted: () => log.promise },
    sending: {
      once: async () => seen.push('sent'),
      end: async (g: { id: { text: string } }, step: string, why: string) => seen.push(`${g.id.text} ${step} ${why}`),
    },
    lanes: { running: () => false },
  } as unknown as Parts
  const answer = waiting(parts)(9, 'c', () => new Uint8Array(1), 1000)
  const refused = assert.rejects(answer, (e) => {
    assert.ok(isPandoError(e, 'log_unavailable'))
    assert.match(e.message, /device log has not taken/)
    return true
  })
  await new Promise(setImmediate)
  clock.advance(1000)
  await refused
  assert.deepEqual(seen, [])
  log.resolve({ text: 'the command' })
  await new Promise(setImmediate)
  assert.deepEqual(seen, ['the command timedOut log_unavailable'])
})
