import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../test/support/testclock.ts'
import { makeAgenda } from './agenda.ts'

test('what is due happens once, in order, and what is cancelled does not; one timer for all of it', () => {
  const clock = testClock()
  let timers = 0
  const counting = {
    ...clock,
    after(ms: number, f: () => void) {
      timers++
      return clock.after(ms, f)
    },
  }
  const agenda = makeAgenda(counting)
  const done: number[] = []
  const from = clock.now()
  const dues = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5000)
  const cancels = dues.map((due) => agenda.at(from + due + 1, () => done.push(due)))
  assert.ok(timers < 20, `${timers} timers`)
  dues.forEach((due, i) => {
    if (due % 3 === 0) cancels[i]!()
  })
  clock.advance(2500)
  clock.advance(10_000)
  assert.deepEqual(
    done,
    Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 3 !== 0),
  )
})

test('something added meanwhile, something long ago, and a stop', () => {
  const clock = testClock()
  const agenda = makeAgenda(clock)
  const done: string[] = []
  agenda.at(clock.now() + 100, () => {
    done.push('a')
    agenda.at(clock.now() + 10, () => done.push('b'))
  })
  agenda.at(clock.now() - 5, () => done.push('late'))
  agenda.at(clock.now() + 300_000, () => done.push('far'))
  clock.advance(0)
  assert.deepEqual(done, ['late'])
  clock.advance(110)
  assert.deepEqual(done, ['late', 'a', 'b'])
  clock.advance(300_000)
  assert.deepEqual(done, ['late', 'a', 'b', 'far'])
  agenda.at(clock.now() + 1, () => done.push('never'))
  agenda.stop()
  clock.advance(10)
  assert.equal(done.length, 4)
})
