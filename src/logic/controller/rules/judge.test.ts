import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConditionError, condition } from './cel.ts'
import type { Compiled } from './compiled.ts'
import { nowFor, type Said } from './facts.ts'
import { judge, newMemory, ripe } from './judge.ts'
import { loopOf } from './loops.ts'

const names = { event: { t: 'int', text: 'string' }, status: { lamp: { v: 'double', n: 'int' } } }
const report = (v: number): Said => ({ occasion: 'status', name: '', event: {}, status: { lamp: { v, n: 1n } } })
const facts =
  (said: Said, time = 0) =>
  () => ({ event: said.event, status: said.status, now: new Date(time) })

const rule = (more: object): Compiled =>
  ({ rule: { id: 1, name: 'r', version: 1 }, deviceId: 1, actions: [], names, ...more }) as unknown as Compiled

test('time is looked at only by a condition that names it', () => {
  assert.equal(condition('event.t > 3', names).usesNow, false)
  const late = condition('now > timestamp("2026-01-01T00:00:00Z")', names)
  assert.equal(late.usesNow, true)
  const at = (time: number) => late.test({ event: {}, status: {}, now: nowFor(late, time) })
  assert.deepEqual([at(Date.UTC(2025, 0)), at(Date.UTC(2027, 0))], [false, true])
})

test('a condition is typed by the model, and bounded', () => {
  assert.equal(condition('event.t > 3 && status.lamp.v < 2.5', names).test({ ...facts(report(1))(), event: { t: 4n } }), true)
  for (const wrong of ['event.nope > 3', 'event.t > "a"', 'event.t', 'event.t >', 'other == 1', 'status.lamp.w > 1.0'])
    assert.throws(() => condition(wrong, names), wrong)
  const loops = '[1, 2].all(x, x > 0)'
  for (const banned of ['event.text.matches("(a+)+$")', loops]) assert.throws(() => condition(banned, names), ConditionError)
  assert.throws(() => condition(`${'('.repeat(100)}event.t > 1${')'.repeat(100)}`, names))
})

test('S-16 a pattern that never ends is no part of a condition', () => {
  assert.throws(() => condition('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a+)+$")', names), /matches/)
})

test('what is not known yet is not true', () => {
  assert.equal(condition('status.lamp.v > 1.0', names).test({ event: {}, status: {}, now: new Date() }), false)
})

test('a condition that lasts runs once, and anew after it was false', () => {
  const when = condition('status.lamp.v > 10.0', names)
  const r = rule({ when, def: { on: { kind: 'status' }, for: 100 } })
  const m = newMemory()
  const at = (v: number, time: number) => judge(r, m, report(v), time, facts(report(v)))
  assert.deepEqual([at(20, 1), at(21, 50)], ['waits', 'none'])
  assert.equal(ripe(r, m, 101), 'runs')
  assert.equal(ripe(r, m, 102), 'none')
  assert.deepEqual([at(1, 150), at(20, 160)], ['near', 'waits'])
})

test('hysteresis: not again before it was true', () => {
  const when = condition('status.lamp.v > 10.0', names)
  const hysteresis = condition('status.lamp.v < 5.0', names)
  const r = rule({ when, hysteresis, def: { on: { kind: 'status' } } })
  const m = newMemory()
  const verdicts = [11, 12, 7, 13, 4, 14].map((v) => judge(r, m, report(v), 0, facts(report(v))))
  assert.deepEqual(verdicts, ['runs', 'held_back', 'near', 'held_back', 'near', 'runs'])
})

test('at most n runs in any window, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (gaps, n) => {
      const r = rule({ def: { on: { kind: 'status' }, but: { atMost: { n, per: 1000 } } } })
      const m = newMemory()
      const ran: number[] = []
      let time = 1
      for (const gap of gaps) {
        time += gap
        const before = ran.filter((t) => t > time - 1000).length
        const verdict = judge(r, m, report(1), time, facts(report(1)))
        assert.equal(verdict, before < n ? 'runs' : 'held_back')
        if (verdict === 'runs') ran.push(time)
      }
    }),
  )
})

test('O-12 circles over other devices are found, limits and one device by itself are not', () => {
  const on = { kind: 'event', name: 'alarm' }
  const to = (id: number, from: number, target: number, but?: object) =>
    rule({
      rule: { id },
      deviceId: from,
      def: { on, ...(but && { but }) },
      actions: [{ act: { do: 'command', name: 'x', params: [] }, target: { id: target } }],
    })
  const [ab, bc, ca] = [to(1, 1, 2), to(2, 2, 3), to(3, 3, 1)]
  assert.deepEqual(loopOf(ca, [ab, bc]), [3, 1, 2])
  assert.equal(loopOf(bc, [ab]), undefined)
  assert.equal(loopOf(to(4, 1, 1), [ab]), undefined)
  assert.equal(loopOf(to(3, 3, 1, { atMost: { n: 1, per: 1000 } }), [ab, bc]), undefined)
})
