import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Desired } from '#contracts/controller.ts'
import { isPandoError } from '#lib/errors.ts'
import { decodeCommand, decodeStatus, encodeStatus } from '#protocol/frames.ts'
import type { Value } from '#protocol/tlv.ts'
import { controllerWorld, eventually, lampModel, light, stalled, status } from '../../../../test/support/controller.ts'
import { testClock } from '../../../../test/support/testclock.ts'

const rejects = (p: Promise<unknown>, code: string, message?: RegExp) =>
  assert.rejects(p, (e) => isPandoError(e) && e.code === code && (message === undefined || message.test(e.message)))

async function setUp(t: TestContext) {
  const clock = testClock()
  const w = await controllerWorld(t, { clock })
  const first = await w.boot()
  let face = first.face
  const want = (values: string, more: object = {}) => face.setDesired({ deviceId: 9, values, ...more })
  const become = (test: (d: Desired) => boolean) =>
    eventually(async () => {
      const d = await face.desired({ deviceId: 9 })
      return test(d) && d
    })
  const restart = async () => {
    await w.stop()
    const next = await w.boot()
    face = next.face
    return next
  }
  const set = () => w.world.deliveries.filter((d) => d.topic === 's').map((d) => decodeStatus(Buffer.from(d.frame, 'base64')))
  return { ...w, ...first, clock, want, become, restart, set }
}

const report = (object: number, values: Value[], types: number[], time: number) =>
  status(encodeStatus({ properties: [{ subDevice: 1, object, values, types }] }), { time })

// WANT-1
test('what is wanted is sent at once, held until the device reports it, and then left alone', async (t) => {
  const { world, says, want, become, set, clock, connects } = await setUp(t)
  await says(status(light(0, 5), { time: clock.now() }))
  const first = await want('{"light":[1,80]}', { by: 'me' })
  assert.deepEqual(
    [first.version, first.desired, first.reported, first.differs, first.held, first.by],
    [1, '{"light":[1,80]}', '{"light":[0,5]}', ['light'], ['light'], 'me'],
  )
  await become((d) => d.state === 'sent' && d.sentAt > 0 && d.tries === 1)
  assert.deepEqual(set()[0]!.properties[0]!.values, [1, 80])
  await says(status(light(1, 80), { time: clock.now() }))
  const reached = await become((d) => d.state === 'reached')
  assert.deepEqual([reached.differs, reached.held], [[], []])
  // somebody at the device
  await says(status(light(0, 80), { time: clock.now() }))
  await connects()
  clock.advance(3_600_000)
  const later = await become((d) => d.differs.length === 1)
  assert.deepEqual([later.state, later.held], ['reached', []])
  assert.equal(set().length, 1)
  assert.equal(world.deliveries.filter((d) => d.topic === 'c').length, 0)
})

// WANT-1
test('an offline device gets it when it connects, each time while it differs, and only what differs', async (t) => {
  const { world, says, want, become, set, clock, connects } = await setUp(t)
  world.online = false
  await want('{"light":[1,80],"big":["18446744073709551615"]}')
  await says(report(2, [2n ** 64n - 1n], [10], clock.now()))
  await become((d) => d.differs.length === 1 && d.state === 'waiting')
  assert.equal(set().length, 0)
  world.answer = async () => ({ delivered: false, error: 'device_offline' })
  world.online = true
  await connects()
  await become((d) => d.tries === 1 && d.state === 'waiting')
  assert.deepEqual(
    set()[0]!.properties.map((p) => p.object),
    [1],
  )
  world.answer = async () => ({ delivered: true })
  clock.advance(5000)
  await connects()
  await become((d) => d.tries === 2)
  await says(status(light(1, 80), { time: clock.now() }))
  await become((d) => d.state === 'reached')
})

// WANT-2
test('versions: each change is one more, a stale one is refused; labels are cleared by null, others stay', async (t) => {
  const { world, want, face, become } = await setUp(t)
  world.online = false
  assert.deepEqual(await face.desired({ deviceId: 9 }), {
    deviceId: 9,
    version: 0,
    desired: '{}',
    reported: '{}',
    differs: [],
    held: [],
    state: 'none',
    sentAt: 0,
    tries: 0,
    setAt: 0,
    by: '',
  })
  await want('{"light":[1,80]}', { ifVersion: 0 })
  await rejects(want('{"light":[1,81]}', { ifVersion: 0 }), 'conflict', /version 1/)
  const both = await Promise.allSettled([want('{"big":[1]}', { ifVersion: 1 }), want('{"big":[2]}', { ifVersion: 1 })])
  assert.deepEqual(
    both.map((r) => r.status),
    ['fulfilled', 'rejected'],
  )
  const left = await want('{"light":null,"nosuch":null,"blob":["AQI="]}')
  assert.deepEqual([left.version, JSON.parse(left.desired)], [3, { big: ['1'], blob: ['AQI='] }])
  assert.equal((await want('{"big":null,"blob":null}')).state, 'none')
  await rejects(want('{}'), 'frame_invalid')
  await rejects(want('[1]'), 'frame_invalid')
  await rejects(want('{"light":[1]}'), 'frame_invalid')
  await rejects(want('{"nosuch":[1]}'), 'frame_invalid')
  await rejects(face.setDesired({ deviceId: 8, values: '{"big":[1]}' }), 'device_unknown')
  assert.equal((await become(() => true)).version, 4)
})

// WANT-3
test('a device that confirms and does not do it is tried with growing pauses, then it is stuck; a new wish begins again', async (t) => {
  const { says, want, become, set, clock } = await setUp(t)
  await want('{"light":[1,80]}')
  const times: number[] = []
  const from = clock.now()
  for (let n = 1; n <= 8; n++) {
    await become((d) => d.tries === n)
    times.push(clock.now() - from)
    await says(status(light(0, 0), { time: clock.now() }))
    await eventually(async () => {
      const d = await become(() => true)
      if (d.tries > n || d.state === 'stuck') return true
      clock.advance(1000 * 3 ** Math.max(0, n - 2))
      return false
    })
  }
  const d = await become((x) => x.state === 'stuck')
  assert.deepEqual([d.reason, d.held, d.tries], ['not_taken', ['light'], 8])
  const gaps = times.slice(1).map((x, i) => x - times[i]!)
  assert.ok(
    gaps.slice(0, 6).every((g, i) => i === 0 || g > gaps[i - 1]!),
    String(gaps),
  )
  clock.advance(24 * 3_600_000)
  assert.equal(set().length, 8)
  await want('{"light":[1,81]}')
  await become((x) => x.tries === 1 && x.state === 'sent')
  await says(status(light(1, 81), { time: clock.now() }))
  await become((x) => x.state === 'reached')
})

// WANT-3
test('what can never go out is stuck at once', async (t) => {
  const { world, want, become } = await setUp(t)
  world.answer = async () => ({ delivered: false, error: 'frame_too_large', limit: 10 })
  await want('{"light":[1,80]}')
  assert.equal((await become((d) => d.state === 'stuck')).reason, 'frame_too_large')
  world.models.set(2, { ...lampModel, objects: [{ no: 2, label: 'light', part: 1, status: [] }] })
  world.online = false
  await want('{"light":[1,80]}')
  world.device = { ...world.device, modelVersion: 2 }
  world.online = true
  await want('{"warmth":null}').catch(() => {})
  assert.equal((await become((d) => d.state === 'stuck')).reason, 'model_changed')
})

// WANT-1
test('firmware that reports only when it is asked is asked', async (t) => {
  const { world, want, become, says, clock } = await setUp(t)
  await want('{"light":[1,80]}')
  await become((d) => d.tries === 1)
  await eventually(() => {
    clock.advance(500)
    return world.deliveries.find((d) => d.topic === 'c')
  })
  assert.equal(decodeCommand(Buffer.from(world.deliveries.find((d) => d.topic === 'c')!.frame, 'base64')).no, 65528)
  await says(status(light(1, 80), { time: clock.now() }))
  await become((d) => d.state === 'reached')
})

// WANT-1
test('it survives restarts: what is held goes on, what was reached stays so, and tries are counted on', async (t) => {
  const { world, want, become, restart, says, clock, set } = await setUp(t)
  await want('{"light":[1,80],"big":[7]}')
  await become((d) => d.tries === 1)
  await says(report(2, [7n], [10], clock.now()))
  await become((d) => d.held.length === 1)
  await says(report(2, [8n], [10], clock.now()))
  await become((d) => d.differs.length === 2)
  const again = await restart()
  const d = await become(() => true)
  assert.deepEqual([d.version, d.tries, d.held, d.differs.toSorted()], [1, 1, ['light'], ['big', 'light']])
  clock.advance(5000)
  await again.connects()
  await become((x) => x.tries === 2)
  assert.deepEqual(
    set()[1]!.properties.map((p) => p.object),
    [1],
  )
  await again.says(status(light(1, 80), { time: clock.now() }))
  world.online = false
  await restart()
  assert.equal((await become(() => true)).state, 'reached')
})

// WANT-4
test('values are compared exactly, in the types of the model', async (t) => {
  const { world, want, become, says, clock } = await setUp(t)
  world.online = false
  const cases: [string, number, Value[], number[], boolean][] = [
    ['{"big":["9007199254740993"]}', 2, [9007199254740992n], [10], false],
    ['{"big":["9007199254740993"]}', 2, [9007199254740993n], [10], true],
    ['{"big":[7]}', 2, [7], [7], true],
    ['{"warmth":[0.1]}', 4, [Math.fround(0.1)], [2], true],
    ['{"warmth":[0.1]}', 4, [0.1], [1], true],
    ['{"warmth":[0.1]}', 4, [0.2], [1], false],
    ['{"warmth":[0.1]}', 4, [Number.NaN], [2], false],
    ['{"blob":["AQI="]}', 3, [Uint8Array.of(1, 2)], [11], true],
    ['{"blob":["AQI="]}', 3, [Uint8Array.of(1, 2, 3)], [11], false],
    ['{"blob":["YQ=="]}', 3, ['a'], [12], true],
    ['{"light":[1,80]}', 1, [1], [7], false],
    ['{"light":[1,80]}', 1, [true, 80], [13, 8], true],
  ]
  for (const [wanted, object, values, types, equal] of cases) {
    await says(report(object, values, types, clock.now()))
    const d = await want(wanted)
    assert.equal(d.state === 'reached', equal, `${wanted} and ${values}`)
    await want(`{${wanted.slice(1, wanted.indexOf(':'))}:null}`)
  }
  await become((d) => d.state === 'none')
})

// WANT-6
test('a log that does not answer: that is told in time; what it takes later is taken back and never sent', async (t) => {
  const { devicelog, want, become, set, clock, says, connects } = await setUp(t)
  await want('{"light":[1,80]}')
  await become((d) => d.tries === 1)
  await says(status(light(1, 80), { time: clock.now() }))
  await become((d) => d.state === 'reached')
  const resume = stalled(devicelog)
  const refused = ['{"big":[7]}', '{"light":[0,0]}'].map((values) => rejects(want(values), 'log_unavailable', /what is wanted/))
  await new Promise(setImmediate)
  clock.advance(4000)
  await Promise.all(refused)
  resume()
  const d = await become((x) => x.version === 3)
  assert.deepEqual([d.desired, d.state, d.by], ['{"light":[1,80]}', 'reached', ''])
  await connects()
  assert.equal((await want('{"big":[8]}')).version, 4)
  await become((x) => x.tries === 1)
  assert.deepEqual(
    set().map((s) => s.properties.map((p) => p.values)),
    [[[1, 80]], [[8n]]],
  )
})
