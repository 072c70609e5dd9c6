import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeLog } from '#lib/log.ts'
import { testClock } from '#src/testing/clock.ts'
import type { Run } from './act.ts'
import type { Compiled } from './compiled.ts'
import { makeEngine } from './engine.ts'
import { makeRunning } from './running.ts'
import { makeRuns, type Runs } from './runs.ts'

const run = (id: number, device: number, target: number): Run =>
  ({
    rule: { rule: { id, version: 1 }, actions: [{ act: { do: 'command' }, target: { id: target } }] },
    device,
    key: `${id}`,
    at: 1,
    facts: { event: {}, status: {} },
  }) as unknown as Run

function world() {
  const told: string[] = []
  const runs = { add: (_rule: object, _at: number, outcome: string) => void told.push(outcome) } as unknown as Runs
  const clock = testClock()
  let acted = 0
  const running = makeRunning(
    async () => {
      acted++
      return []
    },
    runs,
    clock,
  )
  return { told, clock, running, acted: () => acted }
}

test('O-12 rules that wake one another are cut after some turns, and run again later', async () => {
  const w = world()
  for (let i = 0; i < 50; i++) {
    const before = w.acted()
    await w.running.run(run(1, 1, 2))
    if (w.acted() > before) await w.running.run(run(2, 2, 1))
  }
  assert.ok(w.told.includes('loop'))
  assert.ok(w.acted() < 30, `${w.acted()}`)
  w.clock.advance(11_000)
  w.told.length = 0
  await w.running.run(run(1, 1, 2))
  assert.deepEqual(w.told, ['ok'])
})

test('O-12 one rule that runs without end is held back, others are not', async () => {
  const w = world()
  const many = Array.from({ length: 1500 }, () => w.running.run(run(1, 0, 9)))
  const other = w.running.run(run(2, 5, 6))
  await Promise.all([...many, other])
  assert.equal(w.told.filter((t) => t === 'ok').length, 1001)
  assert.equal(w.told.filter((t) => t === 'held_back').length, 1)
})

test('RULE-9 what is held back is told of after the run of the same time that it followed', async () => {
  const [clock, log] = [testClock(), makeLog({ level: 'silent' })]
  const stored: string[] = []
  const runs = makeRuns(
    {
      addRuleRuns: async ({ items }) => {
        stored.push(...items.map((i) => `${i.at} ${i.outcome}`))
        return {}
      },
      ruleRuns: async () => ({ items: [] }),
    },
    clock,
    log,
  )
  const acted = Promise.withResolvers<void>()
  const running = makeRunning(() => acted.promise.then(() => []), runs, clock)
  const engine = makeEngine({
    current: { each() {} },
    agenda: { at: () => () => {}, stop() {} },
    run: running.run,
    heldBack: ({ rule }, device, at, after) => void runs.add(rule, at, 'held_back', { device, at }, after),
  })
  const def = { on: { kind: 'timer' }, but: { atMost: { n: 1, per: 100 } } }
  const rule = { rule: { id: 1, version: 1 }, deviceId: 0, def, actions: [] } as unknown as Compiled
  void engine.tick(rule, 5, false)
  void engine.tick(rule, 5, false)
  await runs.flush()
  assert.deepEqual(stored, [])
  acted.resolve()
  runs.hurry()
  await running.idle()
  await runs.stop()
  assert.deepEqual(stored, ['5 ok', '5 held_back'])
})
