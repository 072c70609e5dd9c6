import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#lib/service.ts'
import { type Timed, Wheel } from './wheel.ts'

function fakeClock() {
  let now = 1_700_000_000_000
  let tick = () => {}
  const every: Clock['every'] = (_ms, f) => {
    tick = f
    return () => {}
  }
  const clock: Clock = { now: () => now, after: () => () => {}, every }
  return {
    clock,
    seconds(n: number, wallStep = 1000) {
      for (let i = 0; i < n; i++) {
        now += wallStep
        tick()
      }
    },
  }
}

const entry = (deadline: number, log: number[], id: number): Timed => ({
  deadline,
  slot: -1,
  index: 0,
  expired: () => void log.push(id),
})

// MQTT-18
test('entries expire in the second of their deadline, far ones too', () => {
  const c = fakeClock()
  const wheel = new Wheel(c.clock)
  const log: number[] = []
  for (const d of [1, 3, 511, 512, 700, 98_304]) wheel.add(entry(d, log, d))
  c.seconds(1)
  assert.deepEqual(log, [1])
  c.seconds(2)
  assert.deepEqual(log, [1, 3])
  c.seconds(697)
  assert.deepEqual(log, [1, 3, 511, 512, 700])
  c.seconds(98_304 - 700)
  assert.equal(log.at(-1), 98_304)
})

test('a deadline that moved on while waiting does not expire; removed entries never do', () => {
  const c = fakeClock()
  const wheel = new Wheel(c.clock)
  const log: number[] = []
  const moving = entry(3, log, 1)
  const removed = [entry(3, log, 2), entry(3, log, 3), entry(3, log, 4)]
  wheel.add(moving)
  for (const t of removed) wheel.add(t)
  wheel.remove(removed[0]!)
  wheel.remove(removed[0]!)
  wheel.remove(removed[2]!)
  moving.deadline = 10
  c.seconds(3)
  assert.deepEqual(log, [3])
  c.seconds(7)
  assert.deepEqual(log, [3, 1])
})

// MQTT-18
test('F-13: a clock set ten days forward or an hour back expires nobody early', () => {
  const c = fakeClock()
  const wheel = new Wheel(c.clock)
  const log: number[] = []
  wheel.add(entry(45, log, 1))
  c.seconds(1, 10 * 86_400_000)
  c.seconds(1, -3_600_000)
  c.seconds(40)
  assert.deepEqual(log, [])
  c.seconds(3)
  assert.deepEqual(log, [1])
})
