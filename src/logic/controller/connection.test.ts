import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeNumber, causes } from '#contracts/causes.ts'
import { judge } from '#contracts/judgement.ts'
import { makeBatch, newStream, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'
import { makeRandom } from '../../../test/fuzz/random.ts'
import { controllerWorld, light, status } from '../../../test/support/controller.ts'
import { offlineIn } from './history/presence.ts'
import { CONNECTION } from './slots.ts'

const ends = Object.values(causes).filter((c) => c.no >= 10 && c.no < 30)
const refusals = [causeNumber('token_unknown'), causeNumber('secret_wrong')]
const said = [causeNumber('registered'), causeNumber('logged_in'), ...refusals, ...refusals]
const DEVICES = 600

// DIARY-5
test('the state of many devices, told from memory, is what their diaries say, also after a restart', async (t) => {
  const { boot, stop } = await controllerWorld(t)
  const r = makeRandom(41)
  const { face } = await boot()
  const devices = Array.from({ length: DEVICES }, (_, i) => i + 1)
  const now = 1_000_000_000
  const one = (device: number, time: number) => {
    const kind = r.pick([recordKind.online, recordKind.offline, recordKind.diary, recordKind.offline])
    const reason = kind === recordKind.diary ? r.pick(said) : kind === recordKind.offline ? r.pick(ends).no : 0
    const data = Buffer.from(JSON.stringify(r.once(3) ? { count: 2 + r.below(300) } : {}))
    return { kind, reason, device, time, data }
  }
  const records = devices.flatMap((device) => {
    const ages = Array.from({ length: r.below(9) }, () => r.pick([1, 60_000, 200_000, 3_000_000]))
    return ages.map((_, i) => one(device, now - ages.slice(i).reduce((sum, age) => sum + age, 0)))
  })
  await face.accept(makeBatch(newStream(), 1, records))
  await face.accept(makeBatch(newStream(), 1, [status(light(1, 1), { device: 7, time: now })]))

  const compare = async ({ diary, conditions }: typeof face) => {
    const { items } = await conditions({ devices })
    const states = new Set<string>()
    for (const [i, deviceId] of devices.entries()) {
      const whole = await diary({ deviceId, limit: 1000 })
      for (const route of [undefined, { device: deviceId, node: 'n', epoch: 1, protocol: 'mqtt', address: 'a', since: 5 }]) {
        const [is, was] = [judge(items[i]!.entries, route, now), judge(whole.items, route, now)]
        const facts = ({ code, params, since, actions }: typeof is) => ({
          code,
          cause: params['cause'],
          times: params['times'],
          since,
          actions,
        })
        const told = facts(is)
        // of more than are needed to make it flapping the oldest are not kept
        if (is.code === 'flapping') Object.assign(told, { times: was.params['times'], since: was.since })
        assert.deepEqual(told, { ...facts(was), actions: told.actions }, JSON.stringify(whole.items))
        states.add(is.code)
      }
    }
    assert.deepEqual([...states].sort(), ['flapping', 'logged_in', 'nothing', 'offline', 'online', 'refused', 'registered'])
    assert.equal(items[6]!.lastReport, now)
    assert.equal(items[7]!.lastReport, 0)
  }
  await compare(face)
  await stop()
  await compare((await boot()).face)
})

// DIARY-6
test('the end of a session that another had replaced, or that was told, is no turn, after a restart too, and nodes are told which ends are late', async (t) => {
  const { boot, stop } = await controllerWorld(t)
  const first = await boot()
  const turn = (kind: number, epoch: number, time: number) => ({
    kind,
    device: 9,
    epoch,
    time,
    reason: kind === recordKind.offline ? ends[0]!.no : 0,
    data: Buffer.from('{}'),
  })
  const { online, offline } = recordKind
  const newest = async ({ face }: typeof first) => (await face.conditions({ devices: [9] })).items[0]!.entries[0]
  const lateOf = async ({ face }: typeof first, ...epochs: number[]) =>
    (await face.lateEnds({ sessions: epochs.map((epoch) => ({ device: 9, epoch })) })).late

  await first.says(turn(online, 100, 1000))
  await first.says(turn(online, 200, 2000))
  await first.says(turn(offline, 100, 3000))
  assert.deepEqual(await newest(first), { at: 2000, kind: 'online', params: {} })
  assert.deepEqual(await lateOf(first, 100, 200, 300, 0), [true, false, false, false])
  await stop()
  const second = await boot()
  assert.deepEqual(await newest(second), { at: 2000, kind: 'online', params: {} })
  assert.deepEqual(await lateOf(second, 100, 200), [true, false])
  await second.says(turn(offline, 150, 3500))
  // its node was told so, though the session is not known here any more
  await second.says({ ...turn(offline, 200, 3600), flags: recordFlag.late })
  assert.equal((await newest(second))!.kind, 'online')
  // of no session, as a controller told it before there were epochs
  await second.says(turn(offline, 0, 4000))
  assert.equal((await newest(second))!.kind, 'offline')
  await second.says(turn(online, 300, 5000))
  await second.says(turn(offline, 300, 6000))
  assert.deepEqual([(await newest(second))!.kind, (await newest(second))!.at], ['offline', 6000])
  // others had told its end, since its node was silent
  assert.deepEqual(await lateOf(second, 300, 301), [true, false])
  await second.says(turn(offline, 300, 7000))
  assert.equal((await newest(second))!.at, 6000)
  const { items } = await second.face.diary({ deviceId: 9 })
  assert.equal(items.filter((e) => e.kind === 'offline').length, 6)
})

// DIARY-6
test('what was stored before sessions had an epoch is read as it was', async (t) => {
  const { boot } = await controllerWorld(t)
  const { face, history, says } = await boot()
  const old = Buffer.alloc(24)
  old.set([2, ends[0]!.no, 1])
  old.writeDoubleLE(7000, 8)
  old.writeDoubleLE(6000, 16)
  history.current.put(9, CONNECTION, 7000, old, 0, old.length)
  const told = async () => (await face.conditions({ devices: [9] })).items[0]!.entries.map((e) => `${e.kind} ${e.at}`)
  assert.deepEqual(await told(), ['offline 7000', 'offline 6000'])
  await says({ kind: recordKind.offline, device: 9, epoch: 5, time: 8000 })
  assert.deepEqual(await told(), ['offline 8000', 'offline 7000', 'offline 6000'])
})

// DIARY-6
test('a late end makes no gap in history', async () => {
  const records = [
    { kind: recordKind.online, flags: 0, time: 20 },
    { kind: recordKind.offline, flags: recordFlag.late, time: 30 },
    { kind: recordKind.offline, flags: 0, time: 40 },
    { kind: recordKind.online, flags: 0, time: 50 },
  ]
  const read = async ({ newestFirst }: { newestFirst?: boolean }) => ({
    records: newestFirst ? records.slice(0, 2).reverse() : records,
  })
  const gaps = await offlineIn({ read } as unknown as Pick<History, 'read'>, 9, { from: 0, to: 60 })
  assert.deepEqual(gaps, [{ from: 40, to: 50 }])
})
