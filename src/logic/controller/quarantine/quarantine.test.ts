import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { builtInCodecs, type Codec } from '#protocol/codec.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { reason } from '#protocol/reasons.ts'
import { controllerWorld, eventually, lampModel, light, status } from '../../../../test/support/controller.ts'
import { testClock } from '../../../../test/support/testclock.ts'

const broken = (time: number, o: Partial<NewRecord> = {}): NewRecord =>
  status(light(1, 2).subarray(0, 36), { kind: recordKind.undecodable, reason: reason.tlv_truncated, time, ...o })
/** One that the decoder of its time refused, and that of today does not. */
const mended = (time: number, level: number): NewRecord =>
  broken(time, { data: light(1, level), reason: reason.tlv_unknown_type })
const objects = (time: number, ...list: [no: number, value: number][]): NewRecord =>
  status(encodeStatus({ properties: list.map(([object, v]) => ({ subDevice: 1, object, values: [v], types: [7] })) }), { time })
const event = (time: number, no: number): NewRecord =>
  status(encodeEvent({ subDevice: 1, no, priority: 0, values: [5], types: [7] }), { kind: recordKind.event, time })

const later = {
  ...lampModel,
  objects: [
    ...lampModel.objects,
    { no: 30, label: 'door', part: 1, status: [{ value_type: 7, name: 'open' }] },
    { no: 31, label: 'lock', part: 1, status: [{ value_type: 7, name: 'shut' }] },
  ],
  events: [...lampModel.events, { no: 70, name: 'knocked', part: 1, priority: 1, params: [{ value_type: 7, name: 'times' }] }],
}

async function setUp(t: TestContext, codecs?: Map<string, Codec>) {
  const clock = testClock()
  const w = await controllerWorld(t, { clock, ...(codecs && { codecs }) })
  const first = await w.boot()
  // the model of a record is learned when the first comes
  await first.says(status(light(1, 1), { time: clock.now() }))
  await first.face.latest({ deviceId: 9 })
  const publish = (model: object) => {
    const version = w.world.models.size + 1
    w.world.models.set(version, model)
    w.world.device = { ...w.world.device, modelVersion: version }
  }
  return { ...w, ...first, clock, publish }
}

// QUAR-1
test('what could not be read is shown with its reason and place, by device and by product, over restarts', async (t) => {
  const { says, face, clock, boot, stop } = await setUp(t)
  const now = clock.now()
  await says(
    broken(now),
    status(light(1, 3), { time: now }),
    broken(now, { reason: reason.frame_kind_unknown }),
    broken(now + 5, { flags: recordFlag.topicEvent, data: Buffer.alloc(28), reason: reason.frame_truncated }),
    objects(now + 9, [1, 1], [30, 1], [31, 2]),
    event(now + 9, 70),
    event(now + 9, 65533),
  )
  const shown = async (f = face) =>
    (await f.quarantine({ productId: 4 })).items.map((q) => [
      q.at - now,
      q.kind,
      q.topic,
      q.reason,
      q.offset,
      q.numbers,
      q.redecoded,
    ])
  const expected = [
    [0, 'undecodable', 's', 'tlv_truncated', 34, [], false],
    [0, 'undecodable', 's', 'frame_kind_unknown', 0, [], false],
    [5, 'undecodable', 'e', 'frame_truncated', 27, [], false],
    [9, 'unknown', 's', 'object_unknown', 36, [30, 31], false],
    [9, 'unknown', 'e', 'event_unknown', 27, [70], false],
  ]
  assert.deepEqual(await shown(), expected)
  const { items } = await face.quarantine({ deviceId: 9, from: now + 5, to: now + 9 })
  assert.deepEqual(
    [items.length, items[0]!.text, items[0]!.frame],
    [1, 'the frame is shorter than its header', Buffer.alloc(28).toString('base64')],
  )
  assert.equal(new Set((await face.quarantine({ deviceId: 9 })).items.map((q) => q.id)).size, 5)
  assert.deepEqual((await face.quarantine({ productId: 5 })).items, [])
  await assert.rejects(face.quarantine({}), (e) => isPandoError(e, 'invalid'))
  await stop()
  assert.deepEqual(await shown((await boot()).face), expected)
})

// QUAR-1
test('pages join without gap or repetition', async (t) => {
  const { says, face, clock } = await setUp(t)
  const now = clock.now()
  for (let i = 0; i < 25; i++) await says(broken(now + Math.floor(i / 2)), status(light(1, i), { time: now + i }))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await face.quarantine({ productId: 4, limit: 4, ...(cursor && { cursor }) })
    seen.push(...page.items.map((q) => q.id))
    cursor = page.next
  } while (cursor)
  assert.deepEqual([seen.length, new Set(seen).size], [25, 25])
  await assert.rejects(face.quarantine({ productId: 4, cursor: 'x' }), (e) => isPandoError(e, 'invalid'))
})

// QUAR-2
test('what can be read now enters history at its old time, once; the latest values stay the latest', async (t) => {
  const { says, face, clock, boot, stop, publish, history } = await setUp(t)
  const then = clock.now()
  await says(mended(then, 77), broken(then), objects(then, [1, 9], [30, 1], [40, 2]), event(then, 70), objects(then + 1, [31, 7]))
  clock.advance(60_000)
  await says(status(light(0, 5), { time: clock.now() }))
  const before = { productId: 4, dryRun: true }
  assert.deepEqual(await face.redecode(before), { decodes: 1, fails: 4, done: 0 })
  assert.deepEqual(await face.redecode({ ...before, config: JSON.stringify(later) }), { decodes: 4, fails: 1, done: 0 })
  publish(later)
  assert.deepEqual(await face.redecode(before), { decodes: 4, fails: 1, done: 0 })
  const read = async (h = history) =>
    (await h.read({ device: 9, from: then, to: then + 10 })).records.filter((r) => r.flags & recordFlag.redecoded)
  assert.deepEqual(await read(), [])
  const both = await Promise.all([face.redecode({ productId: 4 }), face.redecode({ productId: 4, deviceId: 9 })])
  assert.deepEqual(both, [
    { decodes: 4, fails: 1, done: 0 },
    { decodes: 0, fails: 2, done: 3 },
  ])
  const check = async (h = history) => {
    const again = await read(h)
    assert.deepEqual(
      again.map((r) => [r.time - then, r.kind, r.version, r.product, r.packetId, r.epoch]),
      [
        [0, recordKind.status, 2, 4, 1, 1],
        [0, recordKind.status, 2, 4, 3, 1],
        [0, recordKind.event, 2, 4, 4, 1],
        [1, recordKind.status, 2, 4, 0, 1],
      ],
    )
    assert.deepEqual(Buffer.from(again[0]!.data), Buffer.from(light(1, 77)))
    const { data } = objects(then, [30, 1])
    assert.deepEqual(Buffer.from(again[1]!.data), Buffer.from(data!), 'only what could not be read before')
  }
  await check()
  const latest = { light: [0, 5], door: [1], lock: [7] }
  assert.deepEqual(JSON.parse((await face.latest({ deviceId: 9 })).json), latest)
  assert.deepEqual(
    (await face.quarantine({ deviceId: 9 })).items.map((q) => q.redecoded),
    [true, false, false, true, true],
  )
  await stop()
  const next = await boot()
  assert.deepEqual(await next.face.redecode({ productId: 4 }), { decodes: 0, fails: 2, done: 3 })
  await check(next.history)
  assert.deepEqual(JSON.parse((await next.face.latest({ deviceId: 9 })).json), latest)
  // one object more becomes known: only that one is added
  publish({ ...later, objects: [...later.objects, { no: 40, label: 'bell', part: 1, status: [] }] })
  assert.deepEqual(await next.face.redecode({ productId: 4 }), { decodes: 1, fails: 1, done: 3 })
  const last = (await read(next.history)).find((r) => r.version === 3)!
  assert.deepEqual([last.packetId, Buffer.from(last.data)], [3, Buffer.from(objects(then, [40, 2]).data!)])
})

// QUAR-2
test('redecoding goes on where a call ended', async (t) => {
  const { says, face, clock, history } = await setUp(t)
  const now = clock.now()
  for (let i = 0; i < 30; i++) await says(mended(now + i, i))
  let cursor: string | undefined
  let decodes = 0
  let calls = 0
  do {
    const done = await face.redecode({ productId: 4, limit: 7, ...(cursor && { cursor }) })
    decodes += done.decodes
    cursor = done.next
    calls++
  } while (cursor)
  assert.deepEqual([decodes, calls > 3], [30, true])
  const again = (await history.read({ device: 9, kinds: [recordKind.status] })).records.filter(
    (r) => r.flags & recordFlag.redecoded,
  )
  assert.equal(again.length, 30)
})

// QUAR-2
test('frames of a codec that could not read them are kept whole, and read when the product names one that can', async (t) => {
  const text: Codec = {
    decode: (frame) => ({ status: { light: JSON.parse(Buffer.from(frame).toString()) } }),
    encode: () => new Uint8Array(0),
  }
  const none: Codec = { ...text, decode: () => assert.fail('it never can') }
  const codecs = new Map([...builtInCodecs, ['text', text], ['none', none]])
  const { says, face, clock, publish, history } = await setUp(t, codecs)
  publish({ ...lampModel, codec: 'none' })
  const now = clock.now() + 1
  await says(status(Buffer.from('[1,55]'), { time: now, version: 2, flags: recordFlag.foreign }))
  assert.deepEqual(
    (await face.quarantine({ productId: 4 })).items.map((q) => [q.kind, q.version]),
    [['undecodable', 2]],
  )
  assert.deepEqual(await face.redecode({ productId: 4 }), { decodes: 0, fails: 1, done: 0 })
  publish({ ...lampModel, codec: 'text' })
  assert.deepEqual(await face.redecode({ productId: 4 }), { decodes: 1, fails: 0, done: 0 })
  assert.deepEqual(await face.redecode({ productId: 4 }), { decodes: 0, fails: 0, done: 1 })
  const { records } = await history.read({ device: 9, from: now, to: now + 1 })
  assert.deepEqual(
    records.map((r) => [r.version, Buffer.from(r.data).toString()]),
    [
      [2, '[1,55]'],
      [3, '[1,55]'],
    ],
  )
  assert.deepEqual(JSON.parse((await face.latest({ deviceId: 9 })).json), { light: [1, 55] })
})

// QUAR-1
test('a device whose model could not be had at once is marked when it can', async (t) => {
  const { says, face, clock, world, publish } = await setUp(t)
  publish(lampModel)
  world.models.delete(2)
  const now = clock.now()
  await says({ ...objects(now, [30, 1]), version: 2 })
  assert.deepEqual((await face.quarantine({ productId: 4 })).items, [])
  world.models.set(2, lampModel)
  await says(status(objects(now + 1, [30, 1]).data!, { time: now + 1, version: 2 }))
  await eventually(async () => (await face.quarantine({ productId: 4 })).items.length > 0)
})
