import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { Rule } from '#contracts/registry.ts'
import { parseModel } from '#protocol/model.ts'
import { testClock } from '#src/testing/clock.ts'
import type { CompileParts } from './compile.ts'
import { makeEngine } from './engine.ts'
import { makeLoading } from './loading.ts'

const model = parseModel({ objects: [], events: [{ no: 1, name: 'alarm', params: [] }] })
const definition = (name: string) =>
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  JSON.stringify({ device: '1-1-a', on: { kind: 'event', name }, then: [{ do: 'action', name: 'x', input: {} }] })

function world() {
  const stored = new Map<number, Rule>()
  const told: string[] = []
  let compiled = 0
  const put = (id: number, more: Partial<Rule> = {}) =>
    stored.set(id, {
      id,
      enabled: true,
      version: 1,
      updatedAt: 1,
      applicationId: 0,
      definition: definition('alarm'),
      ...more,
    } as Rule)
  const engine = makeEngine({
    current: { each() {} },
    agenda: { at: () => () => {}, stop() {} },
    run: async () => {},
    heldBack() {},
  })
  const parts = {
    peers: { registry: { deviceByIdentifier: async () => ({ id: ++compiled, vendorId: 1, productId: 1, modelVersion: 1 }) } },
    models: { get: async () => model },
    actions: new Map([['x', { input: Type.Object({}), run: async () => {} }]]),
  } as unknown as CompileParts
  const loading = makeLoading({
    peer: {
      rules: async () => ({ items: [...stored.values()] }),
      rulesById: async ({ ids }) => ({ items: ids.flatMap((id) => stored.get(id) ?? []) }),
    },
    engine,
    parts,
    runs: { add: async (_rule, _at, outcome) => void told.push(outcome) },
    clock: testClock(),
    changed: async () => {},
  })
  const ids = () => [...engine.all()].map((r) => r.rule.id)
  return { stored, told, put, loading, ids, engine, compiled: () => compiled }
}

test('only what has changed is compiled again, unless all is asked for; what is gone is taken out', async () => {
  const w = world()
  for (let id = 1; id <= 50; id++) w.put(id)
  await w.loading.all()
  assert.deepEqual([w.ids().length, w.compiled()], [50, 50])
  w.put(7, { version: 2, updatedAt: 2 })
  w.stored.delete(9)
  w.put(11, { enabled: false, updatedAt: 2 })
  await w.loading.all()
  assert.deepEqual([w.ids().length, w.compiled()], [48, 51])
  assert.equal(w.engine.get(7)?.rule.version, 2)
  await w.loading.all(true)
  assert.equal(w.compiled(), 99)
})

test('a rule that cannot run says so once, and again when it is another rule', async () => {
  const w = world()
  w.put(1, { definition: definition('nothing') })
  for (let i = 0; i < 3; i++) await w.loading.all(true)
  assert.deepEqual([w.told, w.ids()], [['refused'], []])
  w.put(1, { definition: definition('nothing'), version: 2 })
  await w.loading.one(1)
  assert.deepEqual(w.told, ['refused', 'refused'])
  w.put(1, { version: 3 })
  await w.loading.one(1)
  assert.deepEqual([w.told.length, w.ids()], [2, [1]])
})
