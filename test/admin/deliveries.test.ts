/** What waits for an application, with each try; trying at once; what was delivered of late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers } from '../support/hookreceiver.ts'
import { until } from '../world.ts'
import { doorOfFile } from './door.ts'

const { world, door } = await doorOfFile()

// ADM-26
test('what waits is told with its place behind others, each try with its answer, and goes out at once on request', async () => {
  const { client } = door
  const app = await world.application({ tags: ['event'], hook: '/slow' })
  const params = { id: app.id }
  const device = await world.connected()
  const [event] = device.model.events
  const values = event!.params.map(({ valueType: t }) => (t === 12 || t === 11 ? 'x' : t === 13 ? true : 1))
  world.hooks.manner = (res, _hook) =>
    void res.writeHead(503, { 'Retry-After': '3600', 'X-Why': 'full', 'Set-Cookie': 'a=b' }).end('<b>no room</b>')
  for (let i = 0; i < 3; i++) await device.event(event!.name, values)
  const list = (state: 'waiting' | 'delivered' | 'dead', more: object = {}) =>
    client('GET /applications/{id}/deliveries', { params, query: { state, ...more } })
  const waiting = await until('all of them, once tried', async () => {
    const found = await list('waiting')
    return found.total === 3 && found.items[0]!.next_at !== undefined && found
  })
  assert.deepEqual(
    waiting.items.map((d) => [d.behind, d.tries, d.state, d.tag, d.identifier, d.name]),
    [0, 1, 2].map((behind) => [behind, behind === 0 ? 1 : 0, 'waiting', 'event', device.identifier, event!.name]),
  )
  const first = waiting.items[0]!
  assert.ok(first.next_at! - first.at > 3_500_000 && first.until! > first.at)
  const { attempts, url, body } = await client('GET /deliveries/{id}', { params: first })
  assert.deepEqual([url, JSON.parse(body).tag, attempts.length], [app.reportUrl, 'event', 1])
  const { status, error, headers, body: said } = attempts[0]!
  assert.deepEqual(
    [status, error, said, headers!['x-why'], headers!['set-cookie']],
    [503, 'answered 503', '<b>no room</b>', 'full', undefined],
  )
  const page = await list('waiting', { limit: 2 })
  assert.equal(page.items.length, 2)
  assert.deepEqual(
    (await list('waiting', { cursor: page.next })).items.map((d) => d.id),
    [waiting.items[2]!.id],
  )
  // one that waits is not one that was given up
  assert.equal((await door.ask('POST', `/deliveries/${first.id}/redeliver`)).status, 404)
  assert.deepEqual((await list('delivered')).items, [])

  world.hooks.manner = answers(200)
  assert.deepEqual(await client('POST /applications/{id}/retry', { params }), { devices: 1 })
  const made = await until('all delivered', async () => {
    const found = await list('delivered')
    return found.total === 3 && found
  })
  assert.deepEqual((await list('waiting')).items, [])
  assert.deepEqual(new Set(made.items.map((d) => d.id)), new Set(waiting.items.map((d) => d.id)))
  const again = await client('GET /deliveries/{id}', { params: first })
  assert.deepEqual([again.state, again.attempts.map((a) => a.status)], ['delivered', [503, 200]])
  assert.equal((await door.ask('GET', `/deliveries/${app.id}.msg_0_0_0`)).status, 404)
})
