import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandState, makeBatch, type NewRecord, newStream, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { DONE, keyed, readDone, writeDone } from '#core/devicelog/done.ts'
import { isPandoError } from '#lib/errors.ts'
import { decodeCommand, encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { reason } from '#protocol/reasons.ts'
import { controllerWorld, light, status } from '../../../test/support/controller.ts'

const setUp = (t: TestContext) => controllerWorld(t)

const rejects = (p: Promise<unknown>, code: string, message?: RegExp) =>
  assert.rejects(p, (e) => isPandoError(e) && e.code === code && (message === undefined || message.test(e.message)))

// CUR-1
test('what is accepted is the latest status, merged per object, exact to the last digit', async (t) => {
  const { boot } = await setUp(t)
  const { face } = await boot()
  const stream = newStream()
  assert.deepEqual(await face.latest({ deviceId: 9 }), { json: '{}' })
  const big = encodeStatus({ properties: [{ subDevice: 7, object: 2, values: [2n ** 64n - 1n], types: [10] }] })
  await face.accept(makeBatch(stream, 1, [status(light(1, 500)), status(big)]))
  await face.accept(makeBatch(stream, 2, [status(light(0, 20))]))
  const { json } = await face.latest({ deviceId: 9 })
  assert.ok(json.includes('"light":[0,20]') && json.includes('"big":[18446744073709551615]'))
  await rejects(face.latest({ deviceId: 8 }), 'device_unknown')
})

// CUR-2
test('the same batch twice counts once; after a restart nothing is lost', async (t) => {
  const { boot, stop } = await setUp(t)
  const first = await boot()
  const stream = newStream()
  const one = makeBatch(stream, 1, [
    status(light(1, 1)),
    { kind: recordKind.event, device: 9, data: encodeEvent({ subDevice: 1, no: 3, priority: 0, values: [], types: [] }) },
  ])
  await first.face.accept(one)
  await first.face.accept(one)
  await stop()
  const second = await boot()
  assert.equal((await second.face.latest({ deviceId: 9 })).json, '{"light":[1,1]}')
  const { records } = await second.history.read({ device: 9 })
  assert.deepEqual(
    records.map((r) => r.kind),
    [recordKind.status, recordKind.event],
  )
})

// MQTT-5
test('QoS 2 ids that are not released survive a restart, and end with a clean session', async (t) => {
  const { boot, stop } = await setUp(t)
  const first = await boot()
  const stream = newStream()
  const sent = (packetId: number) => status(light(1, 1), { packetId, flags: recordFlag.qos2 })
  await first.face.accept(
    makeBatch(stream, 1, [sent(5), sent(6), sent(7), { kind: recordKind.released, device: 9, packetId: 6 }]),
  )
  await stop()
  const { face } = await boot()
  assert.deepEqual((await face.session({ deviceId: 9 })).unreleased, [5, 7])
  await face.accept(makeBatch(newStream(), 1, [{ kind: recordKind.online, device: 9, flags: recordFlag.clean }]))
  assert.deepEqual((await face.session({ deviceId: 9 })).unreleased, [])
  assert.equal((await face.latest({ deviceId: 9 })).json, '{"light":[1,1]}')
})

// HTTP-2
test('of requests under keys the last 200 are known, by the time of the record, over snapshots and restarts', async (t) => {
  const { boot, stop } = await setUp(t)
  const first = await boot()
  const request = (n: number, key = `${n}`): NewRecord => ({
    kind: recordKind.done,
    device: 9,
    time: n,
    data: writeDone({ ...keyed(key, [`${n}`]), count: n, reason: n % 2 }),
  })
  const told = async ({ face }: typeof first) => {
    const { done } = await face.session({ deviceId: 9, keys: true })
    return Array.from({ length: Buffer.from(done!, 'base64').length / DONE }, (_, i) =>
      readDone(Buffer.from(done!, 'base64'), i * DONE),
    )
  }
  assert.deepEqual(await told(first), [])
  assert.equal((await first.face.session({ deviceId: 9 })).done, undefined)
  const many = Array.from({ length: 150 }, (_, i) => [request(2 * i + 2), request(2 * i + 1)])
  // two nodes: of one the even, of the other the odd
  await first.face.accept(
    makeBatch(
      newStream(),
      1,
      many.flatMap(([even]) => [even!, status(light(1, 1))]),
    ),
  )
  await first.face.accept(
    makeBatch(
      newStream(),
      1,
      many.map(([, odd]) => odd!),
    ),
  )
  await first.history.current.save(new Map())
  await stop()
  const second = await boot()
  const last = Array.from({ length: 200 }, (_, i) => 101 + i)
  assert.deepEqual(
    await told(second),
    last.map((n) => ({ ...keyed(`${n}`, [`${n}`]), count: n, reason: n % 2 })),
  )
  await second.face.accept(makeBatch(newStream(), 1, [request(301, '200'), { ...request(302), data: Buffer.alloc(3) }]))
  assert.deepEqual(
    (await told(second)).map((d) => d.count),
    [...last.filter((n) => n !== 200), 301],
  )
  assert.equal((await second.face.latest({ deviceId: 9 })).json, '{"light":[1,1]}')
})

// LOG-12
test('a record of a kind that a newer process has written is kept and tells an older one nothing', async (t) => {
  const { boot, stop } = await setUp(t)
  const first = await boot()
  const unknown = { kind: Math.max(...Object.values(recordKind)) + 1, device: 9, data: Buffer.from('of tomorrow') }
  await first.face.accept(makeBatch(newStream(), 1, [unknown, status(light(1, 1)), unknown]))
  await stop()
  const { face, history } = await boot()
  assert.equal((await face.latest({ deviceId: 9 })).json, '{"light":[1,1]}')
  const { items } = await face.records({ deviceId: 9 })
  assert.deepEqual(
    items.map((i) => i.kind),
    ['status'],
  )
  const { records } = await history.read({ device: 9 })
  assert.deepEqual(records.map((r) => Buffer.from(r.data).toString()).filter((s) => s === 'of tomorrow').length, 2)
})

// DOWN-3
test('F-16: all who ask share one question and its answer', async (t) => {
  const { boot, world } = await setUp(t)
  const { face } = await boot()
  const asked = [face.ask({ deviceId: 9, timeout: 2000 }), face.ask({ deviceId: 9, timeout: 2000 })]
  while (world.deliveries.length === 0) await sleep(1)
  await face.accept(makeBatch(newStream(), 1, [status(light(1, 7))]))
  assert.deepEqual(await Promise.all(asked), [{ json: '{"light":[1,7]}' }, { json: '{"light":[1,7]}' }])
  assert.equal(world.deliveries.length, 1)
  const question = decodeCommand(Buffer.from(world.deliveries[0]!.frame, 'base64'))
  assert.deepEqual([question.no, question.subDevice, question.priority, question.count], [65528, 65535, 99, 0])
})

test('a question ends with the error of an undecodable answer, with a timeout, or at once when the device is offline', async (t) => {
  const { boot, world } = await setUp(t)
  const { face } = await boot()
  const asked = face.ask({ deviceId: 9, timeout: 2000 })
  while (world.deliveries.length === 0) await sleep(1)
  await face.accept(
    makeBatch(newStream(), 1, [
      { kind: recordKind.undecodable, reason: reason.tlv_truncated, device: 9, data: Buffer.alloc(30) },
    ]),
  )
  await rejects(asked, 'frame_invalid')
  await rejects(face.ask({ deviceId: 9, timeout: 30 }), 'device_timeout', /^get status timeout\.$/)
  world.online = false
  await rejects(face.ask({ deviceId: 9, timeout: 30 }), 'device_offline')
})

// DOWN-1
test('a command is in the log before it is sent; each step of its life follows', async (t) => {
  const { boot, world } = await setUp(t)
  const { face, history } = await boot()
  let loggedBefore = 0
  world.answer = async () => {
    loggedBefore = (await history.read({ device: 9, kinds: [recordKind.command] })).records.length
    return { delivered: true }
  }
  const { id, state } = await face.command({ deviceId: 9, body: '{"blink":[3]}', timeout: 1000 })
  assert.equal(state, 'delivered')
  assert.equal(loggedBefore, 1)
  const frame = decodeCommand(Buffer.from(world.deliveries[0]!.frame, 'base64'))
  assert.deepEqual([frame.no, frame.priority, frame.values], [5, 3, [3]])
  const text = Buffer.from('done')
  const result = encodeEvent({
    subDevice: 0,
    no: 65534,
    priority: 0,
    values: [BigInt(frame.timestamp), 0, text],
    types: [10, 5, 11],
  })
  await face.accept(makeBatch(newStream(), 1, [{ kind: recordKind.event, device: 9, data: result }]))
  const steps = async () => (await history.read({ device: 9, kinds: [recordKind.commandState] })).records
  while ((await steps()).length < 2) await sleep(5)
  const [accepted] = (await history.read({ device: 9, kinds: [recordKind.command] })).records
  const seen = (await steps()).map((r) => [
    r.reason,
    `9-${accepted!.time.toString(16)}-${Buffer.from(r.data.subarray(0, 8)).toString('hex')}`,
    Buffer.from(r.data.subarray(8)).toString(),
  ])
  assert.deepEqual(seen, [
    [commandState.delivered, id, ''],
    [commandState.executed, id, '0 done'],
  ])
})

// DOWN-2
test('what the device did not confirm, and what does not fit, is said; nothing wrong is sent', async (t) => {
  const { boot, world } = await setUp(t)
  const { face } = await boot()
  const put = (body: string) => face.setStatus({ deviceId: 9, body, timeout: 1000 })
  await rejects(put('{"light":[1,65536]}'), 'frame_invalid', /position 2 .*uint16 \(0 to 65535\), got 65536/)
  await rejects(put('{"light":[1]}'), 'frame_invalid', /^wrong status parameters\.$/)
  await rejects(put('{"nosuch":[1]}'), 'frame_invalid', /^object not found\.$/)
  await rejects(put('{'), 'frame_invalid')
  await rejects(face.command({ deviceId: 9, body: '{"blink":[1],"light":[1]}', timeout: 100 }), 'frame_invalid')
  assert.equal(world.deliveries.length, 0)
  world.answer = async () => ({ delivered: false, error: 'device_timeout' })
  await rejects(put('{"light":[1,2]}'), 'device_timeout', /^timeout pushlishing message\.$/)
  world.answer = async () => ({ delivered: false, error: 'frame_too_large', limit: 1024 })
  await rejects(put('{"light":[1,2]}'), 'frame_too_large', /1024/)
  world.online = false
  await rejects(put('{"light":[1,2]}'), 'device_offline')
})

test('the diary tells what became of the connection, newest first', async (t) => {
  const { boot } = await setUp(t)
  const { face } = await boot()
  const json = (v: object) => Buffer.from(JSON.stringify(v))
  await face.accept(
    makeBatch(newStream(), 1, [
      { kind: recordKind.online, device: 9, time: 1000, data: json({ protocol: 'mqtt' }) },
      status(light(1, 1), { time: 1500 }),
      { kind: recordKind.offline, reason: 12, device: 9, time: 2000, data: json({}) },
      { kind: recordKind.diary, reason: 31, device: 9, time: 3000, data: json({ count: 4 }) },
    ]),
  )
  assert.deepEqual((await face.diary({ deviceId: 9 })).items, [
    { at: 3000, kind: 'diary', cause: 'token_unknown', params: { count: 4 } },
    { at: 2000, kind: 'offline', cause: 'keepalive_timeout', params: {} },
    { at: 1000, kind: 'online', params: { protocol: 'mqtt' } },
  ])
})
