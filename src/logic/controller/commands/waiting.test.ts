import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { accepting } from './accept.ts'
import { recording } from './recording.ts'
import { waiting } from './waiting.ts'

/** A log that takes a command when it is let, and what is done to that command. */
function slowLog() {
  const clock = testClock()
  const taken = Promise.withResolvers<{ text: string }>()
  const seen: string[] = []
  const target = { device: { id: 9 }, model: {}, origin: { deviceId: 9 }, node: 'a' }
  const log = { accepted: () => taken.promise }
  const sending = {
    once: async () => seen.push('sent'),
    end: async (g: { id: { text: string } }, step: string, why: string) => seen.push(`${g.id.text} ${step} ${why}`),
  }
  const parts = {
    clock,
    down: { find: async () => target, locate: async () => target, expressible() {} },
    log,
    record: recording({ log, sending, clock } as unknown as Parameters<typeof recording>[0]),
    sending,
    lanes: { running: () => false, waiting: () => 0 },
    keeping: { keep: () => seen.push('kept') },
    frames: { commandOf: () => new Uint8Array(1) },
  } as unknown as Parameters<typeof waiting>[0] & Parameters<typeof accepting>[0]
  return { clock, taken, seen, parts }
}

const ways = {
  'whose caller waits for the device': ({ parts }) => waiting(parts)(9, 'c', () => new Uint8Array(1), 1000),
  'that nobody waits for': ({ parts }) =>
    accepting(parts).send({ deviceId: 9, kind: 'command', name: 'blink', params: '[]', ttl: 60_000, within: 1000 }),
} satisfies Record<string, (s: ReturnType<typeof slowLog>) => Promise<unknown>>

// DOWN-4, DOWN-5
for (const [name, ask] of Object.entries(ways))
  test(`a command ${name}, and a log that does not answer: that is told at the deadline; what it takes later is over and never sent`, async () => {
    const slow = slowLog()
    const refused = assert.rejects(ask(slow), (e) => {
      assert.ok(isPandoError(e, 'log_unavailable'))
      assert.match(e.message, /device log has not taken/)
      return true
    })
    await new Promise(setImmediate)
    slow.clock.advance(1000)
    await refused
    assert.deepEqual(slow.seen, [])
    slow.taken.resolve({ text: 'the command' })
    await new Promise(setImmediate)
    assert.deepEqual(slow.seen, ['the command timedOut log_unavailable'])
  })
