import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { causeNumber } from '#contracts/causes.ts'
import { newStream, recordKind } from '#core/devicelog/batch.ts'
import { PandoError } from '#lib/errors.ts'
import { encodeEvent } from '#protocol/frames.ts'
import { answers, type HookReceiver, hookReceiver } from '../support/hookreceiver.ts'
import { countEvent, levelStatus, startWebhooks, until, type Webhooks } from '../support/webhooks.ts'

let r: HookReceiver
let w: Webhooks
before(async () => {
  r = await hookReceiver()
})
after(() => r.close())
beforeEach(async () => {
  w = await startWebhooks()
  for (const id of [1, 2, 3]) w.addDevice(id)
})
afterEach(async () => {
  await w.stop()
  r.hooks.length = 0
  r.confirmed.length = 0
  r.manner = answers(200)
})

/** What was told first, repetitions left out. */
const numbers = (path?: string): unknown[] => {
  const ids = new Set<string>()
  return r.hooks
    .filter((h) => (path === undefined || h.path === path) && !ids.has(h.id) && ids.add(h.id))
    .flatMap((h) => h.json.data['n'] ?? [])
}
const toldOf = (n: number, path?: string) =>
  until(
    () => numbers(path).length >= n,
    () => `${numbers(path).length} of ${n} told`,
  )

/** Gives what must not come the time to come. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 60))
}

describe('webhooks: which records are told to whom', () => {
  // HOOK-2
  it('events only, unless the application asks for more', async () => {
    w.addApplication(`${r.url}/old`)
    w.addApplication(`${r.url}/all`, { tags: ['event', 'status', 'online', 'offline'] })
    const online = Buffer.from(JSON.stringify({ protocol: 'mqtt', address: '192.0.2.1:50000', keepalive: 60 }))
    await w.write([
      { kind: recordKind.online, device: 1, data: online },
      levelStatus(1, 5),
      countEvent(1, 1),
      { kind: recordKind.offline, device: 1, reason: causeNumber('keepalive_timeout'), data: Buffer.from('{}') },
    ])
    await until(() => r.hooks.length >= 5, 'all told')
    const of = (path: string) => r.hooks.filter((h) => h.path.endsWith(path)).map((h) => [h.json.tag, h.json.data])
    assert.deepEqual(of('/old'), [['event', { n: [1] }]])
    assert.deepEqual(of('/all'), [
      ['online', { protocol: ['mqtt'], address: ['192.0.2.1:50000'] }],
      ['status', { level: [5] }],
      ['event', { n: [1] }],
      ['offline', { cause: ['keepalive_timeout'] }],
    ])
    for (const { body } of r.hooks) assert.match(body, /^\{"tag":"[a-z]+","identifier":"1-1-d1","timestamp":\d+,"data":\{.*\}\}$/)
  })

  it("S-02 goes by the device's real vendor and product", async () => {
    w.addDevice(8, { vendorId: 2, productId: 1 })
    for (const domain of ['vendor/1', 'vendor/2', 'product/1', 'product/2', 'nonsense'])
      w.addApplication(`${r.url}/${domain}`, { domain })
    await w.write([countEvent(8, 1)])
    await until(() => r.hooks.length >= 2, 'told')
    await settle()
    assert.deepEqual(new Set(r.hooks.map((h) => h.path.slice(6))), new Set(['product/1', 'vendor/2']))
    assert.equal(r.hooks.length, 2)
  })

  it('platform events have their names; what cannot be named or decoded is not told and holds nothing up', async () => {
    w.addApplication(r.url)
    const event = (no: number, types: number[], values: (number | bigint)[]) => ({
      ...countEvent(1, 0),
      data: encodeEvent({ subDevice: 0, no, priority: 0, types, values }),
    })
    await w.write([
      event(77, [9], [1]),
      { ...countEvent(1, 0), data: Buffer.from([1, 2, 3]) },
      { ...countEvent(1, 0), kind: recordKind.undecodable },
      { ...countEvent(1, 0), product: 99 },
      { ...countEvent(999, 0) },
      event(65535, [9], [60]),
      countEvent(1, 3),
    ])
    await until(() => r.hooks.length >= 2, 'told')
    assert.deepEqual(
      r.hooks.map((h) => h.json.data),
      [{ online: [60] }, { n: [3] }],
    )
  })

  // HOOK-3
  it('the same message has the same id for every application, and no two have one', async () => {
    for (const path of ['a', 'b']) w.addApplication(`${r.url}/${path}`)
    await w.write([countEvent(1, 1), countEvent(2, 2)])
    await w.write([countEvent(1, 3)])
    await until(() => r.hooks.length >= 6, 'told')
    assert.equal(new Set(r.hooks.map((h) => h.id)).size, 3)
    for (const h of r.hooks) assert.match(h.id, /^msg_[0-9a-z]+_\d+_\d+$/)
  })
})

describe('webhooks: nothing is missed', () => {
  it('bells without their batch, lost bells, gaps', async () => {
    w.addApplication(r.url)
    await w.write([countEvent(1, 1)])
    await w.write([countEvent(1, 2)], { ring: 'bare' })
    await w.write([countEvent(1, 3)], { ring: false })
    await w.write([countEvent(1, 4)])
    await toldOf(4)
    await w.write([countEvent(1, 5)], { ring: false })
    await w.write([countEvent(1, 6)], { ring: false, stream: newStream() })
    await toldOf(6)
    assert.deepEqual(numbers(), [1, 2, 3, 4, 5, 6])
  })

  it('a registry that does not answer for a while', async () => {
    w.addApplication(r.url)
    await w.write([countEvent(1, 1)])
    await toldOf(1)
    w.registry.down = new PandoError('unavailable', 'down')
    await w.write([countEvent(2, 2)])
    await w.write([countEvent(1, 3)])
    await settle()
    assert.deepEqual(numbers(), [1])
    w.registry.down = undefined
    await toldOf(3)
  })

  it('asks the registry once for what it knows', async () => {
    w.addApplication(r.url)
    for (let i = 1; i <= 50; i++) await w.write([countEvent(1, i), countEvent(2, i)])
    await toldOf(100)
    assert.ok(w.registry.calls['devicesById']! <= 2 && w.registry.calls['model']! <= 2, JSON.stringify(w.registry.calls))
  })

  // HOOK-5
  it('memory is bounded: a slow application reads from the log when it can, the others are not delayed', async () => {
    await w.stop()
    w = await startWebhooks({ bounds: { deliveries: 20, bytes: 1 << 20 } })
    w.addDevice(1)
    w.addApplication(`${r.url}/slow`)
    w.addApplication(`${r.url}/quick`)
    r.manner = (res, hook) => answers(hook.path.endsWith('slow') ? 500 : 200)(res, hook, {} as never)
    const many = 120
    for (let i = 1; i <= many; i++) await w.write([countEvent(1, i)])
    await toldOf(many, '/hook/quick')
    const [slow, quick] = (await w.face.state({})).items
    assert.ok(slow!.waiting <= 20, `${slow!.waiting} waiting`)
    assert.equal(quick!.state, 'ok')
    r.manner = answers(200)
    await toldOf(many, '/hook/slow')
    const expected = Array.from({ length: many }, (_, i) => i + 1)
    assert.deepEqual(numbers('/hook/quick'), expected)
    assert.deepEqual(numbers('/hook/slow'), expected)
    let states: string[] = []
    await until(() => {
      void w.face.state({}).then((s) => {
        states = s.items.map((i) => i.state)
      })
      return states.join() === 'ok,ok'
    }, 'it has caught up')
    await w.write([countEvent(1, many + 1)])
    await toldOf(many + 1, '/hook/slow')
    await toldOf(many + 1, '/hook/quick')
  })

  // HOOK-4
  it('order for a device across streams: a session begins where the one before ended', async () => {
    w.addApplication(r.url)
    const [a, b] = [newStream(), newStream()]
    const online = (after: object) => ({ kind: recordKind.online, device: 1, data: Buffer.from(JSON.stringify({ after })) })
    const time = Date.now()
    // the clock of the second node is behind, and the bells of the first are lost
    await w.write([countEvent(1, 1)], { stream: a, ring: false, time })
    await w.write([countEvent(1, 2)], { stream: a, ring: false, time })
    await w.write([online({ stream: a, seq: 2 }), countEvent(1, 3)], { stream: b, time: time - 5000 })
    await toldOf(3)
    assert.deepEqual(numbers(), [1, 2, 3])
  })

  it('a predecessor that retention has dropped is not waited for', async () => {
    w.addApplication(r.url)
    const data = Buffer.from(JSON.stringify({ after: { stream: 12345, seq: 9 } }))
    await w.write([{ kind: recordKind.online, device: 1, data }, countEvent(1, 1)])
    await toldOf(1)
  })
})

describe('webhooks: applications come, change, go', () => {
  // HOOK-2
  it('a new one is not told of the past, but of all since it was made', async () => {
    const stream = newStream()
    const past = Date.now() - 60_000
    for (let i = 1; i <= 40; i++) await w.write([countEvent(1, i, past + i)], { stream, time: past + i })
    const createdAt = past + 30.5
    w.addApplication(r.url, { createdAt })
    await toldOf(10)
    await w.write([countEvent(1, 41)], { stream })
    await toldOf(11)
    await settle()
    assert.deepEqual(numbers(), [31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41])
  })

  it('a change of address or token counts from the next try on, and brings forward what waits', async () => {
    w.addApplication('http://127.0.0.1:1/', {})
    await w.write([countEvent(1, 1)])
    await settle()
    w.editApplication(1, { reportUrl: r.url, reportToken: 'new' })
    await toldOf(1)
    assert.equal(r.hooks[0]!.headers['app-token'], 'new')
  })

  it('a paused one keeps its place', async () => {
    w.addApplication(r.url)
    await w.write([countEvent(1, 1)])
    await toldOf(1)
    w.editApplication(1, { paused: true })
    await settle()
    await w.write([countEvent(1, 2)])
    await settle()
    assert.equal((await w.face.state({})).items[0]!.state, 'paused')
    assert.deepEqual(numbers(), [1])
    w.editApplication(1, { paused: false })
    await toldOf(2)
    assert.deepEqual(numbers(), [1, 2])
  })

  it('one without a report URL is not told, nor, when it gets one, of what was before', async () => {
    w.addApplication('')
    await w.write([countEvent(1, 1)])
    await settle()
    assert.deepEqual((await w.face.state({})).items[0], { applicationId: 1, name: 'app 1', state: 'off', waiting: 0 })
    w.editApplication(1, { reportUrl: r.url })
    await settle()
    await w.write([countEvent(1, 2)])
    await toldOf(1)
    await settle()
    assert.deepEqual(numbers(), [2])
  })

  it('a removed one is told nothing more', async () => {
    w.addApplication(r.url)
    await w.write([countEvent(1, 1)])
    await toldOf(1)
    w.removeApplication(1)
    await settle()
    await w.write([countEvent(1, 2)])
    await settle()
    assert.deepEqual(numbers(), [1])
    assert.deepEqual((await w.face.state({})).items, [])
  })

  it('one that is changed while another hangs does not wait for it', async () => {
    r.manner = (res, hook) => hook.path.endsWith('hangs') || answers(200)(res, hook, {} as never)
    w.addApplication(`${r.url}/hangs`)
    await w.write([countEvent(1, 1)])
    await until(() => r.hooks.length === 1, 'the hanging one was asked')
    w.editApplication(1, { reportToken: 'x' })
    w.addApplication(`${r.url}/other`)
    await toldOf(1, '/hook/other')
  })

  // HOOK-10
  it('410 Gone pauses the application; resumed, it goes on with what was refused', async () => {
    r.manner = answers(410)
    w.addApplication(r.url)
    await w.write([countEvent(1, 1)])
    await until(() => w.registry.applications.get(1)!.paused, 'paused')
    w.editApplication(1, { paused: true })
    await settle()
    r.manner = answers(200)
    r.hooks.length = 0
    w.editApplication(1, { paused: false })
    await toldOf(1)
  })

  // HOOK-10
  it('retention waits for applications, also paused ones, but not for ever', async () => {
    const all = { maxBytes: 0, maxAgeMs: Number.MAX_SAFE_INTEGER }
    w.addApplication('http://127.0.0.1:1/')
    await w.write([countEvent(1, 1)])
    await settle()
    assert.equal((await w.log.retain(all)).heldBackBy, 'notifier/1')
    w.registry.applications.set(1, { ...w.registry.applications.get(1)!, paused: true, updatedAt: Date.now() - 2 * 86_400_000 })
    w.queue.ring('registry', { what: 'application', id: 1, change: 'changed' })
    await settle()
    assert.equal((await w.log.retain(all)).heldBackBy, undefined)
  })

  it('streams that the log has dropped are forgotten, new ones begin at their beginning', async () => {
    w.addApplication(r.url)
    const old = newStream()
    await w.write([countEvent(1, 1)], { stream: old })
    await toldOf(1)
    await w.log.seal(old)
    await settle()
    await w.log.retain({ maxBytes: 0, maxAgeMs: Number.MAX_SAFE_INTEGER })
    assert.deepEqual(await w.log.streams(), [])
    await settle()
    await w.write([countEvent(1, 2)], { stream: newStream() })
    await toldOf(2)
  })
})
