import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../../test/support/registry.ts'

const by = { actor: 'user/1', actorName: 'ann', addr: '', requestId: '' }
const refused = (code: PandoError['code']) => (e: unknown) => isPandoError(e, code)
const definition = (n: number): string => JSON.stringify({ on: { event: 'alarm' }, when: `value > ${n}` })
const old = { type: 'ifttt', trigger: 'alarm', target: 'device/1-1-a/command', action: '{"switch":[1]}' }

describe('rules', () => {
  const dir = tempDir()
  let r: Registry
  let [deviceId, applicationId] = [0, 0]
  const add = (o = {}) => r.face.addRule({ name: 'rule', enabled: true, definition: definition(1), audit: by, ...o })

  before(async () => {
    r = await startRegistry(dir)
    const { product, application } = await furnish(r.face)
    applicationId = application.id
    deviceId = (await r.face.registerDevice({ productKey: product.key, code: 'a', version: '1' })).device.id
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('are kept with the old form beside the new one, and listed by application and device', async () => {
    r.bells.splice(0)
    const rule = await add({ applicationId, deviceId, old })
    assert.deepEqual(
      { ...rule, createdAt: 0, updatedAt: 0 },
      {
        ...{ id: rule.id, name: 'rule', enabled: true, definition: definition(1), old, applicationId, deviceId },
        ...{ version: 1, revision: 1, createdBy: 'ann', createdAt: 0, updatedAt: 0 },
      },
    )
    assert.deepEqual(r.bells, [{ what: 'rule', id: rule.id, change: 'added' }])
    const free = await add()
    assert.deepEqual([free.applicationId, free.deviceId, free.old], [0, 0, undefined])
    const ids = async (f: object) => (await r.face.rules(f)).items.map((i) => i.id)
    assert.deepEqual(await ids({ applicationId }), [rule.id])
    assert.deepEqual(await ids({ deviceId }), [rule.id])
    assert.deepEqual(await ids({ after: rule.id }), [free.id])
    assert.deepEqual((await r.face.rulesById({ ids: [free.id, 999, -1] })).items, [free])
  })

  it('refuse what is not JSON, too large, or of nobody', async () => {
    await assert.rejects(add({ definition: '{' }), refused('invalid'))
    await assert.rejects(add({ definition: `"${'x'.repeat(70_000)}"` }), refused('invalid'))
    await assert.rejects(add({ name: '' }), refused('invalid'))
    await assert.rejects(add({ applicationId: 99 }), refused('application_unknown'))
    await assert.rejects(add({ deviceId: 99 }), refused('device_unknown'))
    await assert.rejects(r.face.editRule({ id: 99, name: 'x' }), refused('not_found'))
  })

  it('a new definition is a new version, which can be restored; names and switches are not', async () => {
    const { id } = await add({ old })
    assert.equal((await r.face.editRule({ id, enabled: false, name: 'off' })).version, 1)
    const edited = await r.face.editRule({ id, definition: definition(2), ifRevision: 2, audit: by })
    assert.deepEqual([edited.version, edited.revision, edited.old, edited.name], [2, 3, undefined, 'off'])
    await assert.rejects(r.face.editRule({ id, definition: definition(3), ifRevision: 2 }), refused('conflict'))
    const restored = await r.face.restoreRule({ id, version: 1, audit: by })
    assert.deepEqual([restored.version, restored.definition, restored.old, restored.enabled], [3, definition(1), old, false])
    const versions = (await r.face.ruleVersions({ id })).items
    assert.deepEqual(
      versions.map((v) => [v.version, v.definition, v.old, v.name]),
      [
        [3, definition(1), old, 'off'],
        [2, definition(2), undefined, 'off'],
        [1, definition(1), old, 'rule'],
      ],
    )
    await assert.rejects(r.face.restoreRule({ id, version: 9 }), refused('not_found'))
    assert.equal((await r.face.restoreRule({ id, version: 3 })).version, 3, 'as it is already')
  })

  it('go with their application and their device', async () => {
    const app = await r.face.addApplication({ name: 'a', description: '', domain: '*', reportUrl: '', reportToken: '' })
    const { device } = await r.face.addDevice({ productId: 1, code: 'gone' })
    const [a, b, c] = [await add({ applicationId: app.id }), await add({ deviceId: device.id }), await add()]
    for (const { id } of [a, b, c]) {
      await r.face.claimTicks({ owner: 'x', items: [{ ruleId: id, tick: 1 }] })
      await r.face.addRuleRuns({ items: [{ ruleId: id, version: 1, at: 1, outcome: 'ok', trace: '{}' }] })
    }
    r.bells.splice(0)
    await r.face.removeApplication({ id: app.id })
    await r.face.removeDevice({ id: device.id })
    await r.face.removeRule({ id: c.id })
    const removed = r.bells.filter((bell) => bell.what === 'rule')
    assert.deepEqual(
      removed,
      [a, b, c].map(({ id }) => ({ what: 'rule', id, change: 'removed' })),
    )
    for (const table of ['rule_version', 'rule_run', 'rule_trace'] as const)
      assert.deepEqual(await r.store.select(table, { in: { column: 'rule_id', values: [a.id, b.id, c.id] } }), [])
    await assert.rejects(r.face.ruleVersions({ id: c.id }), refused('not_found'))
  })
})

describe('REG-9: ticks of timers', () => {
  const dir = tempDir()
  let [r, other] = [] as unknown as [Registry, Registry]
  let rules: number[]
  const claim = async (of: Registry, owner: string, items: [number, number][], lease?: number) =>
    (await of.face.claimTicks({ owner, items: items.map(([ruleId, tick]) => ({ ruleId, tick })), ...(lease && { lease }) })).items
  const finish = (owner: string, ruleId: number, tick: number) => r.face.finishTicks({ owner, items: [{ ruleId, tick }] })

  before(async () => {
    r = await startRegistry(dir)
    other = await startRegistry(dir)
    const made = await Promise.all([1, 2, 3].map((n) => r.face.addRule({ name: `${n}`, enabled: true, definition: '{}' })))
    rules = made.map((m) => m.id)
  })
  after(async () => {
    await r.stop()
    await other.stop()
    removeDir(dir)
  })

  it('are claimed by one of many, each once', async () => {
    const items = rules.map((id): [number, number] => [id, 1000])
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => claim(i % 2 ? r : other, `owner ${i}`, items)))
    for (const [i] of rules.entries()) {
      assert.equal(all.filter((claims) => claims[i] === 'claimed').length, 1)
      assert.equal(all.filter((claims) => claims[i] === 'taken').length, 9)
    }
  })

  it('a claim whose answer was lost may be repeated; a finished tick is done for everybody', async () => {
    const [id] = rules as [number]
    assert.deepEqual(await claim(r, 'a', [[id, 2000]]), ['claimed'])
    assert.deepEqual(await claim(r, 'a', [[id, 2000]]), ['claimed'])
    assert.deepEqual(await claim(other, 'b', [[id, 2000]]), ['taken'])
    await finish('b', id, 2000)
    assert.deepEqual(await claim(other, 'b', [[id, 2000]]), ['taken'], 'only its owner finishes it')
    await finish('a', id, 2000)
    await finish('a', id, 2000)
    assert.deepEqual([await claim(other, 'b', [[id, 2000]]), await claim(r, 'a', [[id, 2000]])], [['done'], ['done']])
  })

  it('what a dead owner had claimed is claimed again when its lease is over', async () => {
    const [, id] = rules as [number, number]
    assert.deepEqual(await claim(r, 'dead', [[id, 3000]], 500), ['claimed'])
    assert.deepEqual(await claim(other, 'b', [[id, 3000]]), ['taken'])
    other.clock.at += 501
    assert.deepEqual(await claim(other, 'b', [[id, 3000]]), ['claimed'])
    assert.deepEqual(await claim(r, 'dead', [[id, 3000]]), ['taken'])
  })

  it('only the last finished ones are kept, older ticks count as done, ticks under way are kept', async () => {
    const { id } = await r.face.addRule({ name: 'many', enabled: true, definition: '{}' })
    await claim(r, 'a', [[id, 1]])
    for (let tick = 10; tick < 60; tick++) {
      assert.deepEqual(await claim(r, 'a', [[id, tick]]), ['claimed'])
      await finish('a', id, tick)
    }
    const kept = (await r.store.select('rule_run', { where: { rule_id: id } })).map((row) => row.tick)
    assert.deepEqual(
      kept.sort((a, b) => a - b),
      [1, 52, 53, 54, 55, 56, 57, 58, 59],
    )
    assert.deepEqual(
      await claim(r, 'a', [
        [id, 20],
        [id, 1],
        [id, 60],
      ]),
      ['done', 'claimed', 'claimed'],
    )
    assert.deepEqual((await r.face.lastTicks({ ruleIds: [id, 999] })).items, [{ ruleId: id, tick: 60, open: [1, 60] }])
    assert.deepEqual(
      await claim(r, 'a', [
        [999, 1],
        [-1, 1],
      ]),
      ['done', 'done'],
    )
  })
})

describe('runs of rules', () => {
  const dir = tempDir()
  let r: Registry
  const run = (ruleId: number, at: number) => ({ ruleId, version: 1, at, outcome: 'ok', trace: JSON.stringify({ at }) })
  before(async () => {
    r = await startRegistry(dir)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('the last 200 of each rule are kept, whatever the size of the batches', async () => {
    const sizes = [1, 150, 49, 1, 199, 500, 3, 200, 201, 77]
    const [a, b] = await Promise.all([1, 2].map((n) => r.face.addRule({ name: `${n}`, enabled: true, definition: '{}' })))
    let at = 0
    for (const size of sizes) {
      const items = Array.from({ length: size }, () => run(a!.id, ++at))
      await r.face.addRuleRuns({ items: [...items, run(b!.id, at), run(999, at)] })
      const runs = (await r.face.ruleRuns({ id: a!.id })).items
      const expected = Array.from({ length: Math.min(200, at) }, (_, i) => at - i)
      assert.deepEqual(
        runs.map((u) => u.n),
        expected,
        `after ${at}`,
      )
      assert.deepEqual(
        runs.map((u) => u.at),
        expected,
      )
    }
    assert.equal((await r.face.ruleRuns({ id: b!.id })).items.length, sizes.length)
    assert.deepEqual(
      (await r.face.ruleRuns({ id: a!.id, limit: 2 })).items.map((u) => u.trace),
      [`{"at":${at}}`, `{"at":${at - 1}}`],
    )
    await assert.rejects(r.face.addRuleRuns({ items: [{ ...run(a!.id, 1), trace: 'x'.repeat(20_000) }] }), refused('invalid'))
  })

  // RULE-9
  it('are listed by their time, whenever they were told of; of one time the one told of last is the newest', async () => {
    const { id } = await r.face.addRule({ name: 'late', enabled: true, definition: '{}' })
    for (const at of [30, 10, 20, 10]) await r.face.addRuleRuns({ items: [run(id, at)] })
    const listed = async (limit?: number) => {
      const { items } = await r.face.ruleRuns({ id, ...(limit && { limit }) })
      return items.map((i) => [i.at, i.n])
    }
    const expected = [
      [30, 1],
      [20, 3],
      [10, 4],
      [10, 2],
    ]
    assert.deepEqual(await listed(), expected)
    assert.deepEqual(await listed(2), expected.slice(0, 2))
  })
})
