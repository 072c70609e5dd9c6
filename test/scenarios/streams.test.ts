/** Applications that listen instead of being called: live, filtered, resumed, ended. */
import assert from 'node:assert/strict'
import { listening, listenTo } from '../world/listener.ts'
import { scenario, until, type World } from '../world.ts'

const api = (world: World) => world.listen['apiprovider']!

scenario(
  'STREAM-1, MQTT-1: an application is told live what its webhook is told, and status, online and offline',
  async (world) => {
    const app = await world.application({ tags: ['event', 'status', 'online', 'offline'] })
    const live = await listening(api(world), { key: app.key })
    const device = await world.connected()
    await device.status({ light: [1, 80] })
    await device.event('alarm', ['hot'])
    await device.disconnect()
    await live.count(4)
    assert.deepEqual(
      live.told.map((t) => t.tag),
      ['online', 'status', 'event', 'offline'],
    )
    assert.deepEqual(live.told[1]!.data, { light: [1, 80] })
    assert.deepEqual(live.told[2]!.data, { alarm: ['hot'] })
    assert.ok(live.retry > 0)
    const hooks = await until('all webhooks', () => world.hooks.confirmed.length >= 4 && world.hooks.confirmed)
    assert.deepEqual(
      live.told.map(({ id: _, ...body }) => body),
      hooks.map((h) => h.json),
    )
    live.close()
  },
)

scenario('STREAM-2: filters and scope; a wrong one is told by the name of its parameter', async (world) => {
  const [mine, other] = [await world.product(), await world.product()]
  const [a, b, c] = [
    await world.connected({ product: mine, code: 'a' }),
    await world.connected({ product: mine, code: 'b, c' }),
    await world.connected({ product: other }),
  ]
  const narrow = await world.application({ domain: `product/${mine.id}` })
  const wide = await world.application()
  const all = await listening(api(world), { key: narrow.key })
  const events = await listening(api(world), { key: wide.key, query: `?kind=event&product=${mine.id}` })
  const one = await listening(api(world), {
    key: wide.key,
    query: `?kind=status,event&device=${encodeURIComponent(b.identifier)}`,
  })
  for (const d of [a, b, c]) {
    await d.status({ light: [1, 1] })
    await d.event('alarm', ['x'])
  }
  await a.event('alarm', ['last'])
  await b.event('alarm', ['last'])
  for (const l of [all, events, one])
    await l.until('the last', () => l.told.some((t) => t.identifier === b.identifier && t.data['alarm']?.[0] === 'last'))
  const said = (l: typeof all) => l.told.map((t) => `${t.identifier.slice(-1)}${t.tag[0]}`).join(' ')
  assert.equal(said(all), 'as ae cs ce ae ce'.replaceAll('a', a.identifier.slice(-1)))
  assert.equal(said(events), 'ae ce ae ce')
  assert.equal(said(one), 'cs ce ce')
  const refused = async (key: string, query: string) => {
    const got = await listenTo(api(world), { key, query })
    assert.ok('body' in got)
    return JSON.parse(got.body) as { code: number; message: string }
  }
  assert.equal((await refused(narrow.key, `?device=${encodeURIComponent(c.identifier)}`)).code, 10008)
  assert.equal((await refused(narrow.key, `?product=${other.id}`)).code, 10008)
  assert.equal((await refused(narrow.key, '?product=99999')).code, 10008)
  assert.equal((await refused('', '')).code, 10003)
  assert.equal((await refused('0'.repeat(64), '')).code, 10008)
  for (const [query, name] of [
    ['?kind=frames', 'kind'],
    ['?product=x', 'product'],
    ['?devcie=x', 'devcie'],
    ...['no-place', 'garbage', '1', '-1', '%00', '1~~', '1~1.1~1.1'].map((id) => [`?last_event_id=${id}`, 'last_event_id']),
  ]) {
    const { code, message } = await refused(wide.key, query!)
    assert.equal(code, 10007)
    assert.ok(message.startsWith(name!), message)
  }
  for (const l of [all, events, one]) l.close()
})

scenario(
  'STREAM-3: who comes back is told exactly what it has missed, also when the cloud was stopped or killed in between',
  async (world) => {
    const app = await world.application()
    const device = await world.connected()
    let live = await listening(api(world), { key: app.key, query: '?kind=event' })
    const told: unknown[] = []
    let n = 0
    const say = async () => device.event('alarm', [String(n++)])
    const again = async () => {
      told.push(...live.told.map((t) => t.data['alarm']![0]))
      live = await listening(api(world), { key: app.key, query: '?kind=event', lastId: live.lastId })
    }
    for (const way of ['away', 'stop', 'kill'] as const) {
      for (let i = 0; i < 5; i++) await say()
      await live.until('some', (l) => l.told.length >= 3)
      live.close()
      for (let i = 0; i < 3; i++) await say()
      if (way === 'stop') await world.restart()
      if (way === 'kill') {
        await world.kill()
        await world.start()
      }
      if (way !== 'away') await device.comeBack()
      await say()
      await again()
      await say()
      await live.until('the last', (l) => l.told.some((t) => t.data['alarm']![0] === String(n - 1)))
      assert.deepEqual(live.named, [])
    }
    await again()
    assert.deepEqual(
      told,
      Array.from({ length: n }, (_, i) => String(i)),
    )
    live.close()
  },
  { shapes: ['process'] },
)

scenario(
  'STREAM-5: a key that is rotated, a scope that changes, an application that is removed end its streams',
  async (world) => {
    const { registry } = world.peers
    const product = await world.product()
    const ends = async (act: (id: number) => Promise<unknown>, code: string) => {
      const app = await world.application()
      const other = await world.application()
      const [live, stays] = [await listening(api(world), { key: app.key }), await listening(api(world), { key: other.key })]
      await act(app.id)
      await live.until('the end', (l) => l.ended, 1000)
      assert.deepEqual(live.named, [{ event: 'end', data: { code } }])
      assert.equal(stays.ended, false)
      stays.close()
    }
    await ends((id) => registry.rotateApplicationKey({ id }), 'key_rotated')
    await ends((id) => registry.editApplication({ id, domain: `product/${product.id}` }), 'scope_changed')
    await ends((id) => registry.removeApplication({ id }), 'application_removed')
  },
)

scenario(
  'STREAM-6: streams are limited, for one application and for all; room is free again at once',
  async (world) => {
    const [app, other] = [await world.application(), await world.application()]
    // each process counts for itself
    const base = api(world)
    const refused = async (key: string) => {
      const got = await listenTo(base, { key })
      return 'status' in got ? got.status : 200
    }
    const first = await listening(base, { key: app.key })
    const second = await listening(base, { key: app.key })
    assert.equal(await refused(app.key), 429)
    const third = await listening(base, { key: other.key })
    assert.equal(await refused(other.key), 503)
    first.close()
    const again = await until('room', async () => {
      const got = await listenTo(base, { key: app.key })
      return 'told' in got && got
    })
    for (const l of [second, third, again]) l.close()
  },
  { env: { PANDO_STREAM_MAX_LISTENERS: '3', PANDO_STREAM_MAX_LISTENERS_OF_ONE: '2' } },
)

scenario('STREAM-5: a cloud that stops says so to who listens', async (world) => {
  const app = await world.application()
  const live = await listening(api(world), { key: app.key })
  await world.stop()
  await live.until('the end', (l) => l.ended)
  assert.deepEqual(live.named, [{ event: 'end', data: { code: 'server_stopping' } }])
  await world.start()
})
