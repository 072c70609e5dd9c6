import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Command } from '#contracts/controller.ts'
import { commandState, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { controllerWorld, eventually, lampModel, result, stalled } from '../../../../test/support/controller.ts'
import { testClock } from '../../../../test/support/testclock.ts'

const HOUR = 3_600_000
const blink = (times: number, ttl = HOUR) => ({ deviceId: 9, kind: 'command' as const, name: 'blink', params: `[${times}]`, ttl })
const rejects = (p: Promise<unknown>, code: string, message?: RegExp) =>
  assert.rejects(p, (e) => isPandoError(e) && e.code === code && (message === undefined || message.test(e.message)))
const frameOf = (d: { frame: string }) => decodeCommand(Buffer.from(d.frame, 'base64'))

async function setUp(t: TestContext) {
  const clock = testClock()
  const w = await controllerWorld(t, { clock })
  const first = await w.boot()
  const told = (c: { id: string }, state: Command['state'], face = first.face) =>
    eventually(async () => {
      const found = await face.commandById({ id: c.id })
      return found.state === state && found
    })
  return { ...w, ...first, clock, told }
}

// DOWN-5
test('a command for a device that is offline is kept, sent when it connects, in order, one after the other', async (t) => {
  const { world, face, connects, told, clock } = await setUp(t)
  world.online = false
  const sent: Command[] = []
  for (const n of [1, 2, 3]) {
    sent.push(await face.sendCommand({ ...blink(n), by: `me ${n}` }))
    clock.advance(1)
  }
  assert.deepEqual(
    sent.map((c) => [c.state, c.name, c.params, c.canTell, c.by]),
    [1, 2, 3].map((n) => ['accepted', 'blink', `[${n}]`, false, `me ${n}`]),
  )
  assert.equal(world.deliveries.length, 0)
  let confirm = () => {}
  world.answer = () => new Promise((done) => (confirm = () => done({ delivered: true })))
  world.online = true
  await connects()
  for (const n of [1, 2, 3]) {
    await eventually(() => world.deliveries.length === n)
    assert.deepEqual(frameOf(world.deliveries[n - 1]!).values, [n])
    await connects()
    assert.equal(world.deliveries.length, n, 'the next one waits')
    confirm()
    await told(sent[n - 1]!, 'delivered')
  }
  const { items } = await face.commands({ deviceId: 9 })
  assert.deepEqual(
    items.map((c) => [c.id, c.state]),
    sent.map((c) => [c.id, 'delivered']).reverse(),
  )
  assert.ok(items.every((c) => c.at.delivered !== undefined && c.until === c.at.accepted + HOUR))
})

// DOWN-5
test('what is kept survives a restart with its order; a repeat is the same frame, marked', async (t) => {
  const { world, face, boot, stop, told, clock } = await setUp(t)
  world.online = false
  const kept = [await face.sendCommand(blink(1)), await face.sendCommand(blink(2))]
  world.online = true
  world.answer = async (d) => ({ delivered: false, error: d.again ? 'device_refused' : 'device_offline' })
  clock.advance(5)
  await stop()
  const second = await boot()
  await eventually(() => world.deliveries.length === 1)
  await second.connects()
  await told(kept[0]!, 'failed', second.face)
  assert.equal((await second.face.commandById({ id: kept[0]!.id })).why, 'device_refused')
  const [first, again, next] = world.deliveries.map((d) => [d.again, frameOf(d).timestamp, frameOf(d).values[0]])
  assert.deepEqual([first![0], again![0], first![1] === again![1], again![2]], [false, true, true, 1])
  await eventually(() => world.deliveries.length >= 3)
  assert.deepEqual([next?.[2] ?? frameOf(world.deliveries[2]!).values[0]], [2])
})

// DOWN-6
test('nothing is sent after its time: expired; what was sent and not confirmed: timed out', async (t) => {
  const { world, face, connects, told, clock } = await setUp(t)
  world.online = false
  const [short, long] = [await face.sendCommand(blink(1, 1000)), await face.sendCommand(blink(2, 10_000))]
  clock.advance(1001)
  await told(short, 'expired')
  world.online = true
  world.answer = async () => ({ delivered: false, error: 'device_offline' })
  await connects()
  await eventually(() => world.deliveries.length === 1)
  world.online = false
  clock.advance(9000)
  const over = await told(long, 'timedOut')
  assert.ok(over.at.ended !== undefined && over.why === 'device_timeout')
  world.online = true
  await connects()
  await face.latest({ deviceId: 9 })
  assert.equal(world.deliveries.length, 1)
  const deadline = world.deliveries[0]!.deadline
  assert.ok(deadline <= long.until, 'the node may not send it later either')
})

// DOWN-6
test('a device that is connected and does not confirm is tried again, not for ever', async (t) => {
  const { world, face, told, clock } = await setUp(t)
  world.answer = async () => ({ delivered: false, error: 'device_timeout' })
  const c = await face.sendCommand(blink(1, 30 * 24 * HOUR))
  for (let n = 1; n <= 5; n++) {
    await eventually(() => world.deliveries.length === n)
    await eventually(() => {
      clock.advance(30_000)
      return world.deliveries.length > n || n === 5
    })
  }
  assert.equal((await told(c, 'timedOut')).why, 'device_timeout')
  assert.equal(world.deliveries.length, 5)
})

// DOWN-5
test('ttl 0: only for the session that is there', async (t) => {
  const { world, face, told } = await setUp(t)
  world.online = false
  await rejects(face.sendCommand(blink(1, 0)), 'device_offline')
  world.online = true
  world.answer = async () => ({ delivered: false, error: 'device_offline' })
  const c = await face.sendCommand(blink(1, 0))
  assert.equal((await told(c, 'failed')).why, 'device_offline')
  assert.equal(world.deliveries.length, 1)
})

// DOWN-5, ADM-8
test('with a key, and a log that does not answer: that is told in time; what it takes later is the command of that key', async (t) => {
  const { world, face, devicelog, connects, told, clock } = await setUp(t)
  world.online = false
  const resume = stalled(devicelog)
  const send = () => face.sendCommand({ ...blink(1), idempotencyKey: 'k' })
  for (let n = 0; n < 2; n++) {
    const refused = assert.rejects(send(), (e) => {
      assert.ok(isPandoError(e, 'log_unavailable'))
      assert.deepEqual(e.params, { device: 9, pending: true })
      return true
    })
    await new Promise(setImmediate)
    clock.advance(4000)
    await refused
  }
  const third = send()
  resume()
  const command = await third
  world.online = true
  await connects()
  await told(command, 'delivered')
  assert.equal(world.deliveries.length, 1)
})

// DOWN-7
test('cancelled while the log does not answer: that is told in time, and asked again; it is never sent', async (t) => {
  const { world, face, devicelog, connects, told, clock } = await setUp(t)
  world.online = false
  const command = await face.sendCommand(blink(1))
  const resume = stalled(devicelog)
  for (let n = 0; n < 2; n++) {
    const refused = rejects(face.cancelCommand({ id: command.id }), 'log_unavailable', /is cancelled/)
    await new Promise(setImmediate)
    clock.advance(4000)
    await refused
  }
  const again = face.cancelCommand({ id: command.id })
  resume()
  assert.equal((await again).state, 'cancelled')
  world.online = true
  await connects()
  await told(command, 'cancelled')
  assert.equal(world.deliveries.length, 0)
})

// DOWN-7
test('cancelled while it waits: never sent; on its way or over: a conflict that says so', async (t) => {
  const { world, face, connects, told } = await setUp(t)
  world.online = false
  const [a, b] = [await face.sendCommand(blink(1)), await face.sendCommand(blink(2))]
  const over = await face.cancelCommand({ id: a.id })
  assert.deepEqual([over.state, over.at.ended !== undefined], ['cancelled', true])
  await rejects(face.cancelCommand({ id: a.id }), 'conflict', /cancelled already/)
  let confirm = () => {}
  world.answer = () => new Promise((done) => (confirm = () => done({ delivered: true })))
  world.online = true
  await connects()
  await eventually(() => world.deliveries.length === 1)
  assert.deepEqual(frameOf(world.deliveries[0]!).values, [2])
  await rejects(face.cancelCommand({ id: b.id }), 'conflict', /on its way/)
  confirm()
  await told(b, 'delivered')
  await rejects(face.cancelCommand({ id: b.id }), 'conflict', /delivered already/)
  for (const id of ['', 'x', '9-0-00', `7-1-${'0'.repeat(16)}`, `${'f'.repeat(14)}-0-${'0'.repeat(16)}`])
    await rejects(face.commandById({ id }), 'not_found')
})

// DOWN-8
test('the device says what became of it, by the time in the frame; from then on it is known to be able to', async (t) => {
  const { world, face, says, told } = await setUp(t)
  const a = await face.sendCommand(blink(1))
  assert.equal((await told(a, 'delivered')).canTell, false)
  await says(result(frameOf(world.deliveries[0]!).timestamp, 0, 'done'))
  const executed = await told(a, 'executed')
  assert.deepEqual([executed.result, executed.canTell, executed.why], [{ code: 0, text: 'done' }, true, undefined])
  assert.ok(executed.at.executed !== undefined)
  const b = await face.sendCommand(blink(2))
  await told(b, 'delivered')
  await says(result(frameOf(world.deliveries[1]!).timestamp, -7, 'too hot'))
  assert.deepEqual((await told(b, 'failed')).result, { code: -7, text: 'too hot' })
  await says(result(frameOf(world.deliveries[1]!).timestamp, 0, 'no, done'), result(12345, 0, 'of nobody'))
  assert.equal((await face.commandById({ id: b.id })).state, 'failed')
})

// DOWN-8
test('a result that came just before a crash is not lost', async (t) => {
  const { world, face, told, boot, stop } = await setUp(t)
  const c = await face.sendCommand(blink(1))
  await told(c, 'delivered')
  await stop()
  // the event is durable, the step is not: as a kill between the two leaves it
  const second = await boot()
  const steps = await second.history.read({ device: 9, kinds: [recordKind.commandState] })
  assert.deepEqual(
    steps.records.map((r) => r.reason),
    [commandState.delivered],
  )
  await second.devicelog.append(makeBatch(5, 1, [result(frameOf(world.deliveries[0]!).timestamp, 0, '')]))
  await stop()
  const third = await boot()
  assert.equal((await told(c, 'executed', third.face)).result?.code, 0)
})

// DOWN-9
test('the same key names the same command: at once, later, and after a restart; other devices have their own', async (t) => {
  const { world, face, boot, stop, clock, told } = await setUp(t)
  const ask = { ...blink(1), idempotencyKey: 'rule/7/123' }
  const both = await Promise.all([face.sendCommand(ask), face.sendCommand({ ...ask, params: '[2]' })])
  assert.equal(both[0].id, both[1].id)
  await told(both[0], 'delivered')
  assert.equal((await face.sendCommand(ask)).id, both[0].id)
  assert.notEqual((await face.sendCommand({ ...ask, idempotencyKey: 'rule/7/124' })).id, both[0].id)
  await stop()
  clock.advance(1000)
  const second = await boot()
  assert.equal((await second.face.sendCommand(ask)).id, both[0].id)
  assert.equal(world.deliveries.length, 2)
  clock.advance(25 * HOUR)
  assert.notEqual((await second.face.sendCommand(ask)).id, both[0].id)
})

// DOWN-2
test('what does not fit the model is refused; 64 bits and bytes go in and out as text', async (t) => {
  const { world, face } = await setUp(t)
  world.online = false
  await rejects(face.sendCommand({ ...blink(1), params: '[256]' }), 'frame_invalid', /uint8 \(0 to 255\)/)
  await rejects(face.sendCommand({ ...blink(1), name: 'nosuch' }), 'frame_invalid')
  await rejects(face.sendCommand({ deviceId: 9, kind: 'command', params: '[]', ttl: 1 }), 'invalid')
  await rejects(face.sendCommand({ ...blink(1), deviceId: 8 }), 'device_unknown')
  const store = (params: string) => face.sendCommand({ deviceId: 9, kind: 'command', name: 'store', params, ttl: HOUR })
  const least = String(-(2n ** 63n))
  assert.equal((await store(`["${least}","/wA="]`)).params, `["${least}","/wA="]`)
  assert.equal((await store(`[${least},""]`)).params, `["${least}",""]`)
  await rejects(store(`["${2n ** 63n}",""]`), 'frame_invalid')
  await rejects(store('[1,"not base64"]'), 'frame_invalid', /base64/)
  const set = await face.sendCommand({ deviceId: 9, kind: 'status', params: '{"blob":["AQI="],"light":[1,2]}', ttl: HOUR })
  assert.deepEqual([set.kind, set.name, JSON.parse(set.params)], ['status', '', { blob: ['AQI='], light: [1, 2] }])
})

test('sub-device and topic are those that were asked for', async (t) => {
  const { world, face, told } = await setUp(t)
  await told(await face.sendCommand({ ...blink(1), subDevice: 77 }), 'delivered')
  await told(await face.sendCommand({ deviceId: 9, kind: 'status', params: '{"light":[1,2]}', ttl: 0 }), 'delivered')
  assert.equal(frameOf(world.deliveries[0]!).subDevice, 77)
  assert.equal(world.deliveries[1]!.topic, 's')
  assert.deepEqual(decodeStatus(Buffer.from(world.deliveries[1]!.frame, 'base64')).properties[0]!.values, [1, 2])
})

// DOWN-6
test('more than a hundred may not wait for one device', async (t) => {
  const { world, face } = await setUp(t)
  world.online = false
  for (let n = 0; n < 100; n++) await face.sendCommand(blink(n))
  await rejects(face.sendCommand(blink(1)), 'rate_limited')
  const page = await face.commands({ deviceId: 9, limit: 60 })
  const rest = await face.commands({ deviceId: 9, limit: 60, cursor: page.next! })
  assert.deepEqual([page.items.length, rest.items.length, rest.next], [60, 40, undefined])
  assert.equal(new Set([...page.items, ...rest.items].map((c) => c.id)).size, 100)
})

// MOD-5
test('a kept command that the model of today would call otherwise is not sent: it could crash the device', async (t) => {
  const { world, face, connects, told } = await setUp(t)
  world.online = false
  const [a, b] = [await face.sendCommand(blink(1)), await face.sendCommand({ ...blink(1), name: 'store', params: '["1",""]' })]
  const [blinkCommand, store] = lampModel.commands
  world.models.set(2, { ...lampModel, commands: [{ ...blinkCommand, params: [] }, store] })
  world.device = { ...world.device, modelVersion: 2 }
  world.online = true
  await connects()
  assert.equal((await told(a, 'failed')).why, 'model_changed')
  assert.equal((await told(b, 'delivered')).name, 'store')
  assert.equal(world.deliveries.length, 1)
})

// DOWN-4
test('a caller that waits is served behind what was kept, and told its own time-out', async (t) => {
  const { world, face, connects, clock } = await setUp(t)
  world.online = false
  await face.sendCommand(blink(1))
  const waiters: (() => void)[] = []
  world.answer = () => new Promise((done) => waiters.push(() => done({ delivered: true })))
  world.online = true
  await connects()
  await eventually(() => waiters.length === 1)
  const late = rejects(face.command({ deviceId: 9, body: '{"blink":[2]}', timeout: 1000 }), 'device_timeout')
  const good = face.command({ deviceId: 9, body: '{"blink":[3]}', timeout: 5000 })
  await eventually(async () => (await face.commands({ deviceId: 9 })).items.length === 3)
  clock.advance(1500)
  await late
  waiters[0]!()
  await eventually(() => waiters.length === 2)
  assert.deepEqual(frameOf(world.deliveries[1]!).values, [3])
  waiters[1]!()
  assert.equal((await good).state, 'delivered')
})

// DOWN-10
test('of what was for a session of before the restart the fate is not known, and that is said', async (t) => {
  const { world, face, boot, stop, told } = await setUp(t)
  world.answer = () => new Promise(() => {})
  void face.command({ deviceId: 9, body: '{"blink":[1]}', timeout: 5000 }).catch(() => {})
  const once = await face.sendCommand(blink(2, 0))
  await eventually(() => world.deliveries.length === 2)
  await stop()
  const second = await boot()
  assert.equal((await told(once, 'timedOut', second.face)).why, 'restarted')
  const { items } = await second.face.commands({ deviceId: 9 })
  assert.deepEqual(
    items.map((c) => [c.state, c.why]),
    [
      ['timedOut', 'restarted'],
      ['timedOut', 'restarted'],
    ],
  )
  assert.equal(world.deliveries.length, 2)
})
