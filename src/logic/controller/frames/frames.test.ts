import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FrameRecord } from '#contracts/controller.ts'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { reason } from '#protocol/reasons.ts'
import { controllerWorld, eventually, light, status } from '../../../../test/support/controller.ts'
import { testClock } from '../../../../test/support/testclock.ts'

const broken = (time: number, o: Partial<NewRecord> = {}): NewRecord =>
  status(light(1, 2).subarray(0, 36), { kind: recordKind.undecodable, reason: reason.tlv_truncated, time, ...o })
const pressed = (time: number, o: Partial<NewRecord> = {}): NewRecord =>
  status(encodeEvent({ subDevice: 1, no: 7, priority: 0, values: [5], types: [7] }), { kind: recordKind.event, time, ...o })
const strange = (time: number): NewRecord =>
  status(encodeStatus({ properties: [{ subDevice: 1, object: 30, values: [1], types: [7] }] }), { time })

async function setUp(t: TestContext) {
  const clock = testClock(Date.now())
  const w = await controllerWorld(t, { clock })
  const { face, says } = await w.boot()
  // streams, and batches of the controller itself, have the time of the machine
  clock.advance(Date.now() - clock.now())
  type Query = Parameters<typeof face.frames>[0]
  const all = async (q: Query): Promise<FrameRecord[]> => {
    const found: FrameRecord[] = []
    let cursor: string | undefined
    do {
      const page = await face.frames({ ...q, ...(cursor !== undefined && { cursor }) })
      assert.ok(page.items.length <= (q.limit ?? 100))
      found.push(...page.items)
      cursor = page.next
    } while (cursor !== undefined)
    return found
  }
  return { face, says, clock, all }
}

// FRAMES-1
test('frames are found by device, product, kind, name, time and whether they were read, with what they are', async (t) => {
  const { face, says, clock, all } = await setUp(t)
  const now = clock.now()
  clock.advance(10)
  await says(status(light(1, 3), { time: now }), broken(now + 1), pressed(now + 2), strange(now + 3))
  await says(status(light(0, 9), { time: now + 4, device: 8, product: 5 }), { kind: recordKind.online, device: 9, time: now + 5 })
  await eventually(() => Date.now() > clock.now())
  const command = await face.sendCommand({ deviceId: 9, kind: 'command', name: 'blink', params: '[3]', ttl: 0 })
  const kinds = ['command', 'status', 'event', 'undecodable', 'status']
  for (const q of [{ deviceId: 9 }, { productIds: [4] }]) {
    const found = await all(q)
    assert.deepEqual(
      found.map((f) => f.kind),
      kinds,
    )
    const [sent, unknown, event, undecodable, known] = found as [FrameRecord, FrameRecord, FrameRecord, FrameRecord, FrameRecord]
    assert.deepEqual([sent.command, sent.names, sent.topic], [command.id, ['blink'], 'c'])
    assert.deepEqual([unknown.state, unknown.reason, unknown.names], ['unknown', 'object_unknown', []])
    assert.deepEqual([event.names, event.topic, event.at], [['pressed'], 'e', now + 2])
    assert.deepEqual([undecodable.state, undecodable.reason], ['undecodable', 'tlv_truncated'])
    assert.deepEqual([known.state, known.names, known.frame], ['ok', ['light'], Buffer.from(light(1, 3)).toString('base64')])
    const at = async (more: object) => (await all({ ...q, ...more })).map((f) => f.at - now)
    assert.deepEqual(await at({ faulty: true }), [3, 1])
    assert.deepEqual(await at({ name: 'light' }), [0])
    assert.deepEqual(await at({ name: 'pressed' }), [2])
    assert.deepEqual(await at({ kinds: ['event', 'undecodable'] }), [2, 1])
    assert.deepEqual(await at({ from: now + 1, to: now + 3 }), [2, 1])
    for (const f of found) assert.deepEqual((await face.frame({ id: f.id })).frame, f)
  }
  assert.equal((await all({})).length, 6)
  assert.deepEqual(await all({ deviceId: 9, productIds: [5] }), [])
  for (const { id } of (await face.quarantine({ deviceId: 9 })).items) {
    const { frame } = await face.frame({ id })
    assert.notEqual(frame?.state, 'ok')
  }
  for (const id of ['', 'x', '9-1-00000000', '9-1-0', `${'f'.repeat(13)}-1-0`]) assert.deepEqual(await face.frame({ id }), {})
  await assert.rejects(face.frames({ cursor: 'x' }), (e) => isPandoError(e, 'invalid'))
})

// FRAMES-1
test('pages of the log join without gap or repetition over many writers, while more comes and after a look from the middle', async (t) => {
  const { face, clock, all } = await setUp(t)
  const began = clock.now()
  const writers = Array.from({ length: 4 }, () => ({ stream: newStream(began), seq: 0 }))
  let said = 0
  const say = async (writer: number, count: number) => {
    clock.advance(1000)
    const w = writers[writer]!
    const records = Array.from({ length: count }, () => status(light(1, said++ & 0xff), { time: clock.now() }))
    await face.accept(makeBatch(w.stream, ++w.seq, records, clock.now()))
  }
  for (let i = 0; i < 90; i++) await say((i * 7) % 4, 1 + ((i * 5) % 3))
  const total = said
  for (const limit of [1, 7, 100]) {
    const first = await face.frames({ limit })
    if (limit === 7) await say(0, 5)
    const rest = await all({ limit, ...(first.next !== undefined && { cursor: first.next }) })
    const times = [...first.items, ...rest].map((f) => f.at)
    assert.equal(times.length, limit === 100 ? said : total, `pages of ${limit}`)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    )
  }
  const middle = began + 40_000
  const found = await all({ to: middle, limit: 9 })
  assert.equal(found.length, (await all({ deviceId: 9, to: middle })).length)
  assert.ok(found.length > 30 && found.every((f) => f.at < middle))
})

// QUAR-3
test('what is discarded stays as it came, is told so, and is not read again, over restarts', async (t) => {
  const clock = testClock()
  const w = await controllerWorld(t, { clock })
  const { face, says } = await w.boot()
  const then = clock.now()
  const mended = status(light(1, 77), { kind: recordKind.undecodable, reason: reason.tlv_unknown_type, time: then })
  await says(mended, strange(then), status(light(1, 1), { time: then }))
  clock.advance(1000)
  await says({ ...mended, time: clock.now() })
  const of = { productId: 4, to: then + 1 }
  assert.deepEqual(await face.discard({ ...of, dryRun: true }), { discards: 2, done: 0 })
  assert.deepEqual(await face.discard(of), { discards: 2, done: 0 })
  assert.deepEqual(await face.discard(of), { discards: 0, done: 2 })
  const check = async (f: typeof face) => {
    assert.deepEqual(
      (await f.quarantine({ productId: 4 })).items.map((q) => [q.discarded, q.redecoded]),
      [
        [true, false],
        [true, false],
        [false, false],
      ],
    )
    assert.deepEqual(await f.redecode({ productId: 4, dryRun: true }), { decodes: 1, fails: 0, done: 2 })
    assert.equal((await f.records({ deviceId: 9 })).items.length, 4, 'history tells what came, and nothing of this')
    assert.equal((await f.frames({ deviceId: 9 })).items.length, 4)
    assert.equal((await f.frames({})).items.length, 4)
  }
  await check(face)
  await w.stop()
  await check((await w.boot()).face)
})
