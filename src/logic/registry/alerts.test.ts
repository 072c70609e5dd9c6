// ADM-27
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { byCodeUnit } from '#protocol/gotext.ts'
import { registryOfFile } from '../../../test/support/registry.ts'

const r = await registryOfFile()
const audit = { actor: 'user/1', addr: '192.0.2.1', requestId: 'r' }
const finding = (object: string, params: object = {}) => ({
  code: 'engine',
  object,
  severity: 'warning',
  params: JSON.stringify(params),
  since: 5,
})
const see = async (objects: string[], ...isOver: string[]) =>
  (await r.face.seeAlerts({ found: objects.map((o) => finding(o)), isOver: isOver.map((o) => `engine ${o}`) })).items
const said = (items: { object: string; state: string }[]) => items.map((a) => `${a.object} ${a.state}`)
const sorted = (items: { object: string; state: string }[]) => said(items).sort(byCodeUnit)

test('one alert of a thing is going at a time, whoever sees it; it is over when somebody sees that, and may come again', async () => {
  assert.deepEqual(said(await see(['a', 'b'])), ['b open', 'a open'])
  const [first] = await Promise.all([see(['a', 'c'], 'b'), see(['a', 'c'], 'b')])
  assert.deepEqual(sorted(first), ['a open', 'b cleared', 'c open'])
  assert.deepEqual(sorted(await see(['b'])), ['a open', 'b cleared', 'b open', 'c open'])
  const { items } = await r.face.seeAlerts({ found: [finding('a', { waiting: 3 })], isOver: [] })
  assert.equal(items.find((a) => a.object === 'a')!.params, '{"waiting":3}')
})

test('an alert is taken over and cleared by somebody, which the audit log tells; one that is over stays so', async () => {
  const { items } = await r.face.alerts({})
  const a = items.find((x) => x.object === 'a')!
  const taken = await r.face.acknowledgeAlert({ id: a.id, name: 'Ann', audit })
  assert.deepEqual([taken.state, taken.acknowledgedBy], ['acknowledged', 'Ann'])
  assert.equal((await see(['a'])).find((x) => x.id === a.id)!.state, 'acknowledged')
  assert.equal((await r.face.clearAlert({ id: a.id, audit })).state, 'cleared')
  for (const again of [r.face.clearAlert({ id: a.id, audit }), r.face.acknowledgeAlert({ id: 999, name: 'Ann', audit })])
    await assert.rejects(again, (e: unknown) => isPandoError(e, 'not_found'))
  const entries = (await r.face.auditEntries({ object: 'a', limit: 10 })).items
  assert.deepEqual(
    entries.map((e) => [e.action, e.actor]),
    [
      ['alert.clear', 'user/1'],
      ['alert.acknowledge', 'user/1'],
    ],
  )
})

test('what is over is kept as far as the last 200, and what is said of it is bounded', async () => {
  for (let n = 0; n < 5; n++) {
    const many = Array.from({ length: 50 }, (_, i) => `many ${n} ${i}`)
    await see(many)
    r.clock.at += 1
    await see([], ...many)
  }
  const { items } = await r.face.alerts({})
  const over = items.filter((a) => a.state === 'cleared')
  assert.equal(over.length, 200)
  assert.ok(over.every((a) => /^many [1-4]/.test(a.object)))
  const { items: all } = await r.face.seeAlerts({ found: [finding('long', { text: 'x'.repeat(20_000) })], isOver: [] })
  assert.equal(all.find((a) => a.object === 'long')!.params, '{}')
})
