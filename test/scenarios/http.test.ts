/** Data over HTTP: reports, commands, presence, and who is let in. */
import assert from 'node:assert/strict'
import { HttpDevice } from '../world/httpdevice.ts'
import { type Device, scenario, sleep, until, type World, within } from '../world.ts'

async function httpDevice(world: World): Promise<HttpDevice> {
  return new HttpDevice(await world.device(), () => world.listen)
}
type App = Awaited<ReturnType<World['application']>>
const latest = async (app: App, d: Device) =>
  (await app.get(`/devices/${d.identifier}/status/latest`)).data as Record<string, number[]>
const command = (app: App, d: Device, body: object) => app.post(`/devices/${d.identifier}/commands?timeout=10`, body)
interface Told {
  id: number
  again?: boolean
  command?: Record<string, unknown[]>
  status?: Record<string, unknown[]>
}
const toldIn = (a: { json: Record<string, unknown> }) => a.json['commands'] as Told[]

// HTTP-1
scenario('HTTP-1 status and events by name, in lists with times, as frames: durable when they are answered', async (world) => {
  const app = await world.application({ tags: ['event'] })
  const d = await httpDevice(world)
  const one = await d.post('status', { light: [1, 300] })
  assert.deepEqual([one.status, one.json], [200, { accepted: 1 }])
  await until('the value', async () => (await latest(app, d.device))['light']?.[1] === 300)
  const times = [Date.now() - 5000, Date.now() - 4000]
  const list = times.map((timestamp, i) => ({ timestamp, status: { light: [1, i] } }))
  assert.deepEqual((await d.post('status', list)).json, { accepted: 2 })
  const { items } = await world.peers.controller.records({ deviceId: d.device.id, kinds: ['status'] })
  for (const t of times)
    assert.ok(
      items.some((i) => i.deviceTime === t),
      JSON.stringify(items),
    )
  assert.equal((await d.post('events', { alarm: ['from http'] })).status, 200)
  assert.equal((await d.post('events', d.device.eventFrame('alarm', ['as a frame']))).status, 200)
  await until('both webhooks', () => world.hooks.hooks.length === 2)
  assert.equal((await d.post('status', d.device.statusFrame({ light: [1, 77] }))).status, 200)
  await until('the value', async () => (await latest(app, d.device))['light']?.[1] === 77)
  const online = await world.told(d.device, 'online')
  assert.equal((online.params as { protocol: string }).protocol, 'http')
})

// HTTP-1
scenario(
  'HTTP-1 what does not fit is refused by name, and nothing of it is taken; octets that make no frame are kept',
  async (world) => {
    const d = await httpDevice(world)
    const cases: [unknown, RegExp][] = [
      [{ dark: [1] }, /dark/],
      [{ light: [1] }, /light takes 2 values/],
      [{ light: [300, 1] }, /light/],
      [[{ status: { light: [1, 2] } }, { status: { light: ['x', 2] } }], /light/],
      ['{"light":', /./],
      [{}, /./],
    ]
    for (const [body, why] of cases) {
      const { status, json } = await d.post('status', body)
      assert.equal(status, 400, JSON.stringify(body))
      assert.match(String(json['message']), why)
    }
    const kept = await d.post('status', Buffer.from('no frame'))
    assert.deepEqual([kept.status, kept.json['code']], [400, 'frame_invalid'])
    const { items } = await world.peers.controller.quarantine({ deviceId: d.device.id })
    assert.equal(items.length, 1)
    assert.equal((await d.ask('status')).status, 405)
    assert.equal((await d.post('status', 'x'.repeat(70_000))).status, 413)
  },
)

const keyed = (key: string) => ({ 'Idempotency-Key': key })

/** As a device does that got no answer, or one that says so: again, under the same key. */
const insist = (d: HttpDevice, body: object, key: string) =>
  until(
    `an answer under ${key}`,
    async () => {
      const answer = await d.post('events', body, keyed(key)).catch(() => undefined)
      return answer && answer.status !== 503 && answer.status !== 409 ? answer : undefined
    },
    30_000,
  )
const eventsOf = async (world: World, d: HttpDevice) =>
  (await world.peers.controller.records({ deviceId: d.device.id, kinds: ['event'], limit: 1000 })).items.length

// HTTP-2
scenario('HTTP-2 a repeat under the same Idempotency-Key is answered and not taken again', async (world) => {
  await world.application({ tags: ['event'] })
  const d = await httpDevice(world)
  const answers = await Promise.all([1, 2, 3].map(() => insist(d, { alarm: ['once'] }, 'one')))
  for (const a of answers) assert.deepEqual([a.status, a.json], [200, { accepted: 1 }])
  assert.equal((await insist(d, { alarm: ['another'] }, 'one')).status, 422)
  await insist(d, { alarm: ['last'] }, 'last')
  await until('webhooks', () => world.hooks.hooks.length >= 2)
  assert.equal(world.hooks.hooks.length, 2)
})

// HTTP-2
scenario(
  'HTTP-2 keys are known after a restart, a lease that ended, a session elsewhere',
  async (world) => {
    await world.application({ tags: ['event'] })
    const d = await httpDevice(world)
    const garbled = () => d.post('events', Buffer.from('no frame'), keyed('garbled'))
    const once = async (after: string) => {
      const again = await insist(d, { alarm: ['once'] }, 'one')
      assert.deepEqual([again.status, again.json], [200, { accepted: 1 }], after)
      const other = await insist(d, { alarm: ['another'] }, 'one')
      assert.deepEqual([other.status, other.json['code']], [422, 'idempotency_reused'], after)
    }
    await once('the first')
    const list = [1, 2, 3].map((n) => ({ event: { alarm: [`${n}`] } }))
    await insist(d, list, 'list')
    const why = await garbled()
    await world.restart()
    await once('a restart')
    assert.deepEqual((await insist(d, list, 'list')).json, { accepted: 3 })
    assert.deepEqual([(await garbled()).json, why.json['code']], [why.json, 'frame_invalid'])
    assert.equal((await world.peers.controller.quarantine({ deviceId: d.device.id })).items.length, 1)
    await d.device.connect()
    await once('a session of another protocol')
    await world.told(d.device, 'offline', 'keepalive_timeout')
    await once('the end of its lease')
    await insist(d, { alarm: ['last'] }, 'last')
    await until('webhooks', () => world.hooks.hooks.length >= 5)
    assert.deepEqual([await eventsOf(world, d), world.hooks.hooks.length], [5, 5])
  },
  { env: { PANDO_HTTP_LEASE: '2s' } },
)

// HTTP-2
scenario(
  'HTTP-2 kill -9 at any moment: a request that is repeated under its key is recorded once',
  async (world) => {
    const devices = await Promise.all([1, 2, 3, 4].map(() => httpDevice(world)))
    const rounds = [5, 20, 60]
    for (const [round, ms] of rounds.entries()) {
      const asked = devices.flatMap((d) => [1, 2, 3].map((n) => ({ d, body: { alarm: [`${n}`] }, key: `${round}/${n}` })))
      for (const { d } of asked) await d.poll('wait=0')
      const first = asked.map(({ d, body, key }) => d.post('events', body, keyed(key)).catch(() => undefined))
      await sleep(ms)
      await world.kill()
      await Promise.all(first)
      await world.start()
      for (const { d, body, key } of asked) assert.deepEqual((await insist(d, body, key)).json, { accepted: 1 }, key)
      for (const { d, key } of asked) assert.equal((await insist(d, { alarm: ['another'] }, key)).status, 422, key)
    }
    for (const d of devices) assert.equal(await eventsOf(world, d), rounds.length * 3)
  },
  { shapes: ['process'] },
)

// HTTP-3
scenario(
  'HTTP-3 commands and values wait for a poll, come again until they are acknowledged, and the caller hears of it',
  async (world) => {
    const app = await world.application()
    const d = await httpDevice(world)
    const waiting = d.poll()
    await world.told(d.device, 'online')
    const first = command(app, d.device, { ping: [] })
    const [got] = toldIn(await waiting)
    assert.deepEqual(got!.command, { ping: [] })
    const [again] = toldIn(await d.poll())
    assert.deepEqual([again!.id, again!.again], [got!.id, true])
    assert.equal((await d.post('commands/ack', { ids: [got!.id] })).status, 200)
    assert.equal((await first).code, 0)
    assert.deepEqual(toldIn(await d.poll('wait=0')), [])
    const set = app.put(`/devices/${d.device.identifier}/status`, { light: [1, 500] })
    const octets = await d.poll('wait=20', { headers: { Accept: 'application/octet-stream' } })
    assert.deepEqual([octets.headers.get('pando-kind'), octets.status], ['status', 200])
    const next = await d.poll(`wait=0&ack=${octets.headers.get('pando-id')}`)
    assert.deepEqual(toldIn(next), [])
    assert.equal((await set).code, 0)
    assert.equal((await d.poll('wait=1000')).status, 400)
    assert.equal((await d.post('commands/ack', { ids: ['x'] })).status, 400)
  },
)

// HTTP-3
scenario('HTTP-3 as a stream of events', async (world) => {
  const app = await world.application()
  const d = await httpDevice(world)
  const stream = await d.stream()
  const answer = command(app, d.device, { ping: [] })
  const id = await until('the event', () => /^id: (\d+)\nevent: command\ndata: .*"ping":\[\]/m.exec(stream.text())?.[1])
  await d.post('commands/ack', { ids: [Number(id)] })
  assert.equal((await answer).code, 0)
  await world.peers.registry.revokeTokens({ deviceId: d.device.id })
  await within(2000, 'end of the stream', () => stream.ended)
  assert.match(stream.text(), /event: end\ndata: \{"code":"token_revoked"\}/)
})

// HTTP-4
scenario(
  'HTTP-4 it is online while it asks or waits, offline when its lease is over',
  async (world) => {
    const d = await httpDevice(world)
    await d.post('status', { light: [1, 2] })
    await world.told(d.device, 'online')
    assert.deepEqual(toldIn(await d.poll('wait=4')), [])
    const { items } = await world.peers.controller.diary({ deviceId: d.device.id })
    assert.ok(!items.some((e) => e.kind === 'offline'))
    await within(8000, 'end of the lease', () => world.told(d.device, 'offline', 'keepalive_timeout'))
  },
  { shapes: ['direct'], env: { PANDO_HTTP_LEASE: '2s' } },
)

// HTTP-4
scenario('HTTP-4 one session a device, whatever it speaks; S-03 a revoked token ends it within a second', async (world) => {
  const d = await httpDevice(world)
  const poll = d.poll()
  await world.told(d.device, 'online')
  await d.device.connect()
  assert.equal((await poll).status, 409)
  await world.told(d.device, 'offline', 'taken_over')
  await d.post('status', { light: [1, 2] })
  await d.device.link.closed
  const last = d.poll()
  await until('the poll', async () => (await d.poll('wait=0')).status === 200)
  await last
  const waiting = d.poll()
  await world.peers.registry.revokeTokens({ deviceId: d.device.id })
  const ended = await within(1000, 'end of the poll', () => waiting)
  assert.ok([401, 200].includes(ended.status))
  assert.equal((await d.post('status', { light: [1, 2] })).status, 401)
})

// HTTP-5
scenario('HTTP-5 S-03 who shows no token, or a wrong one, is told so; the old header is read', async (world) => {
  const d = await httpDevice(world)
  for (const token of ['', 'nonsense', 'f'.repeat(32)]) {
    const { status, headers } = await d.ask('commands', { token })
    assert.deepEqual([status, headers.get('www-authenticate')], [401, 'Bearer'], token)
  }
  const old = await d.ask('commands', { token: '', headers: { 'Access-Token': d.device.token } })
  assert.equal(old.status, 200)
  const { access_addr } = await loginFor(world, d.device, 'http')
  assert.ok(world.every('httpaccess').includes(`http://${access_addr}`), access_addr)
})

// HTTP-5, O-13
scenario(
  'HTTP-5 O-13 an address that guesses must wait; a rate above the limit too',
  async (world) => {
    const d = await httpDevice(world)
    const before = await Promise.all(Array.from({ length: 8 }, () => d.post('status', { light: [1, 2] })))
    assert.ok(before.some((a) => a.status === 429 && a.headers.get('retry-after') === '1'))
    for (let i = 0; i < 10; i++) await d.ask('commands', { token: `${i}`.repeat(32) })
    assert.equal((await d.ask('commands', { token: 'e'.repeat(32) })).status, 429)
  },
  { shapes: ['direct'], env: { PANDO_MQTT_MAX_RATE: '5', PANDO_FAILURES_PER_MINUTE: '10' } },
)

async function loginFor(world: World, d: Device, protocol: string): Promise<{ access_addr: string }> {
  const r = await fetch(`${world.listen['httpaccess']}/v1/devices/authentication`, {
    method: 'POST',
    body: JSON.stringify({ device_id: d.id, device_secret: d.secret, protocol }),
  })
  return ((await r.json()) as { data: { access_addr: string } }).data
}
