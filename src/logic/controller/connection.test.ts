import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeNumber, causes } from '#contracts/causes.ts'
import { judge } from '#contracts/judgement.ts'
import { makeBatch, newStream, recordKind } from '#core/devicelog/batch.ts'
import { makeRandom } from '../../../test/fuzz/random.ts'
import { controllerWorld, light, status } from '../../../test/support/controller.ts'

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
