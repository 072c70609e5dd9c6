/** What is wrong for a while opens an alert, which people take over; what was logged of late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers } from '../support/hookreceiver.ts'
import { fastClock } from '../support/testclock.ts'
import { makeWorld, needsEmbedded, needsOneProcess, needsOwnClock, until } from '../world.ts'
import { doorOfFile, openDoor } from './door.ts'

const { world, door } = await doorOfFile({ clock: fastClock(8) })

const WAIT_MS = 30_000

// ADM-27
test(
  'a receiver that fails opens an alert; it is acknowledged, cleared by hand, opens again, and clears by itself',
  needsOwnClock,
  async () => {
    const { client } = door
    assert.deepEqual((await client('GET /alerts')).items, [])
    world.hooks.manner = answers(500)
    const app = await world.application({ tags: ['online'], hook: '/alert' })
    await world.connected()
    const open = () =>
      until('an alert', async () => (await client('GET /alerts', { query: { state: 'open' } })).items[0], WAIT_MS)
    const alert = await open()
    assert.deepEqual(
      [alert.code, alert.severity, alert.object, alert.params['error']],
      ['receiver', 'warning', `application/${app.id}`, 'answered 500'],
    )
    assert.equal((await client('GET /overview')).alerts, 1)
    const acked = await client('POST /alerts/{id}/ack', { params: alert })
    assert.deepEqual([acked.state, acked.acknowledged_by, acked.since], ['acknowledged', 'test (person 1)', alert.since])
    assert.equal((await client('GET /overview')).alerts, 0)
    const cleared = await client('POST /alerts/{id}/clear', { params: alert })
    assert.deepEqual([cleared.state, cleared.id], ['cleared', alert.id])
    assert.equal((await door.ask('POST', `/alerts/${alert.id}/ack`)).status, 404)
    const again = await open()
    assert.notEqual(again.id, alert.id)
    world.hooks.manner = answers(200)
    await client('POST /applications/{id}/retry', { params: app })
    const over = await until(
      'both are over',
      async () => {
        const { items } = await client('GET /alerts', { query: { state: 'cleared' } })
        return items.length === 2 && items
      },
      WAIT_MS,
    )
    assert.deepEqual(
      over.map((a) => a.id),
      [again.id, alert.id],
    )
    const { items } = await client('GET /audit')
    const done = items.filter((e) => e.object === `application/${app.id}`).map((e) => e.action)
    assert.deepEqual(done.slice(0, 3), ['delivery.retry', 'alert.clear', 'alert.acknowledge'])
  },
)

// ADM-27
test('an alert is there before anybody has asked', needsEmbedded, async () => {
  const quiet = await makeWorld({ clock: fastClock(8) })
  try {
    quiet.hooks.manner = answers(500)
    await quiet.application({ tags: ['online'], hook: '/alert' })
    await quiet.connected()
    await until('a delivery that fails', () => quiet.hooks.hooks.length > 0)
    const patience = 60_000
    const began = Date.now()
    await until('more than its patience', () => (Date.now() - began) * 8 > patience, WAIT_MS)
    const first = await openDoor(quiet)
    const [alert] = (await first.client('GET /alerts')).items
    assert.equal(alert?.code, 'receiver')
    const taken = await first.client('POST /alerts/{id}/ack', { params: alert })
    await quiet.restart()
    const { items } = await first.client('GET /alerts')
    assert.deepEqual(items[0], taken, 'it outlives a restart')
  } finally {
    await quiet.close()
  }
})

// ADM-28
test('what was logged of late is read back, newest first, by level, service and text', needsOneProcess, async () => {
  const { items } = await door.client('GET /logs', { query: { limit: 1000 } })
  const lines = world.running.logged().trimEnd().split('\n')
  assert.ok(items.length > 0 && items.length >= lines.length - 5)
  for (const [i, entry] of items.entries()) assert.ok(i === 0 || entry.at <= items[i - 1]!.at)
  const ready = items.find((e) => e.message === 'ready')!
  assert.deepEqual([ready.level, typeof ready.fields['instance']], ['info', 'string'])
  const warnings = await door.client('GET /logs', { query: { level: 'warn', service: 'notifier', q: 'webhook' } })
  assert.ok(warnings.items.length > 0)
  assert.ok(warnings.items.every((e) => e.level === 'warn' && e.service === 'notifier' && e.message.includes('webhook')))
  assert.equal((await door.client('GET /logs', { query: { limit: 1 } })).items.length, 1)
  const narrow = await door.tokenOf('Administrator', `vendor/${(await world.vendor()).id}`)
  for (const path of ['/logs', '/alerts']) assert.equal((await door.ask('GET', path, { token: narrow })).status, 403)
})
