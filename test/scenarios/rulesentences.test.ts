/** What a rule's sentence may say: conditions over event, status and time, limits, several actions, ticks where clocks are turned. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { RuleDefinition } from '#contracts/controller.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { definePlugin } from '#src/plugins.ts'
import { startCloud, testDevice } from '#src/testing/index.ts'
import { openDoor } from '../admin/door.ts'
import { hookReceiver } from '../support/hookreceiver.ts'
import { vectors } from '../vectors/read.ts'
import { heldTime } from '../world/time.ts'
import { scenario, until, type World } from '../world.ts'

const save = (world: World, definition: RuleDefinition) =>
  world.peers.controller.saveRule({
    name: 'a rule',
    enabled: true,
    definition: JSON.stringify(definition),
    applicationId: 0,
  })
const does = (...then: RuleDefinition['then']): Pick<RuleDefinition, 'then'> => ({ then })
const switched = does({ do: 'command', name: 'switch', params: [1, 2] })
const runsOf = async (world: World, ruleId: number) => (await world.peers.controller.runs({ ruleId })).items

// RULE-8
scenario(
  'a condition sees the event, what is known of the device, and the time; a limit holds in any window',
  async (world) => {
    const a = await world.connected()
    const event = a.model.events.find((e) => e.params.length > 0)!
    const [param] = event.params
    const text = param!.valueType === 12 || param!.valueType === 11
    const rule = await save(world, {
      device: a.identifier,
      on: { kind: 'event', name: event.name },
      when: `event["${param!.name}"] == ${text ? '"hot"' : '5'} && status.o_int32.v > 80 && now < timestamp("2100-01-01T00:00:00Z")`,
      but: { atMost: { n: 2, per: 3_600_000 } },
      ...switched,
    })
    const late = await save(world, {
      device: a.identifier,
      on: { kind: 'event', name: event.name },
      when: 'now > timestamp("2100-01-01T00:00:00Z")',
      ...switched,
    })
    const says = (match: boolean) =>
      a.event(
        event.name,
        event.params.map((p, i) =>
          p.valueType === 12 || p.valueType === 11 ? (match && i === 0 ? 'hot' : '') : match && i === 0 ? 5 : 0,
        ),
      )
    const outcomes = async () => (await runsOf(world, rule.id)).map((r) => r.outcome).toReversed()
    await says(true)
    await a.status({ o_int32: [81] })
    await says(false)
    for (let i = 0; i < 4; i++) await says(true)
    // a run that does something is told when it is done, one that is held back at once
    await until('the limit', async () => (await outcomes()).length >= 3)
    assert.deepEqual((await outcomes()).toSorted(), ['held_back', 'ok', 'ok'], 'and that it is held back is told once')
    const last = (await runsOf(world, rule.id)).find((r) => r.outcome === 'ok')
    const { facts, ...trace } = JSON.parse(last!.trace)
    assert.match(JSON.stringify(facts ?? trace), /81/, 'a run tells what it saw')
    assert.deepEqual(await runsOf(world, late.id), [])
  },
  { shapes: ['direct'] },
)

/** A device of firmware that says `temp` and `load` under numbers which the newest model of its product has the other way round. */
async function oldFirmware(world: World) {
  const { registry } = world.peers
  const numbered = (...labels: string[]) => ({
    objects: labels.map((label, i) => ({ no: i + 1, label, part: 1, status: [{ value_type: 7, name: 'v' }] })),
    commands: [{ no: 5, name: 'beep', part: 1, priority: 0, params: [] }],
    events: [],
  })
  const product = await world.product({ config: numbered('temp', 'load') })
  const device = await world.connected({ product })
  await registry.putDraft({ productId: product.id, config: JSON.stringify(numbered('load', 'temp')) })
  await registry.publish({ productId: product.id, note: '', pins: [{ firmware: '1.0.0', version: 1 }] })
  const definition: RuleDefinition = {
    product: product.id,
    on: { kind: 'status', label: 'temp' },
    when: 'status.temp.v > 80 && status.load.v < 10',
    ...does({ do: 'command', name: 'beep', params: [] }),
  }
  return { device, definition }
}

// RULE-8, MOD-4
scenario('a rule of a product reads what each device says by the model of its firmware', async (world) => {
  const { controller } = world.peers
  const { device, definition } = await oldFirmware(world)
  const rule = await save(world, definition)
  await device.status({ load: [5] })
  await device.status({ temp: [90] })
  const [run] = await until('a run', async () => {
    const runs = await runsOf(world, rule.id)
    return runs.length > 0 && runs
  })
  assert.equal(run!.outcome, 'ok')
  await device.status({ load: [90] })
  const { fired } = await controller.dryRun({
    definition: JSON.stringify(definition),
    applicationId: 0,
    from: 0,
    to: Date.now() + 1000,
  })
  assert.equal(fired, 1)
})

// RULE-7, MOD-4
scenario(
  'what was known when the process ended is read by the model of the firmware too',
  async (world) => {
    const { device, definition } = await oldFirmware(world)
    await device.status({ load: [5] })
    const rule = await save(world, { ...definition, for: 4000 })
    await device.status({ temp: [90] })
    await world.restart()
    await until('a run of what lasts', async () => (await runsOf(world, rule.id)).length > 0, 30_000)
  },
  { shapes: ['direct'] },
)

// RULE-8
test('several actions run in their order, a plugin’s among them; one that fails does not stop the next', async (t) => {
  const receiver = await hookReceiver()
  t.after(() => receiver.close())
  const done: unknown[] = []
  const plugin = definePlugin({
    name: 'siren',
    api: '^1',
    setup(p) {
      p.action('howl', {
        input: Type.Object({ loud: Type.Integer() }),
        async run({ loud }, { device }) {
          done.push([loud, device?.identifier])
          if (loud > 9) throw new Error('too loud')
        },
      })
    },
  })
  const cloud = await startCloud({ plugins: [plugin] })
  t.after(() => cloud.stop())
  const { registry, controller } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const model = {
    objects: [{ no: 1, label: 'light', part: 1, status: [{ value_type: 7, name: 'on' }] }],
    commands: [{ no: 5, name: 'blink', part: 1, priority: 0, params: [{ value_type: 7, name: 'times' }] }],
    events: [{ no: 6, name: 'pressed', part: 1, priority: 0, params: [] }],
  }
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config: JSON.stringify(model) })
  const about = { name: 'app', description: '', domain: '*', reportUrl: receiver.url, reportToken: 't', tags: [] }
  const app = await registry.addApplication(about)
  const lamp = await testDevice(cloud, { productKey: product.key, code: 'one' })
  await lamp.connect()
  assert.equal((await lamp.next()).topic, 'c', 'the clock')
  const definition = (loud: unknown): string =>
    JSON.stringify({
      device: lamp.identifier,
      on: { kind: 'event', name: 'pressed' },
      ...does(
        { do: 'action', name: 'howl', input: { loud } },
        { do: 'command', name: 'blink', params: [3] },
        { do: 'status', values: { light: [1] } },
        { do: 'webhook', data: { note: 'all' } },
      ),
    })
  const asked = { name: 'all', enabled: true, applicationId: app.id }
  const check = await controller.checkRule({ definition: definition('x'), applicationId: app.id })
  assert.deepEqual(
    check.errors.map((e) => [e.pointer.startsWith('/then/0'), e.code]),
    [[true, 'action_invalid']],
  )
  const rule = await controller.saveRule({ ...asked, definition: definition(10) })
  await lamp.publish('e', encodeEvent({ subDevice: 1, no: 6, priority: 0, values: [], types: [] }))
  assert.equal((await lamp.next()).topic, 'c')
  assert.equal((await lamp.next()).topic, 's')
  const hook = await until('the webhook', () => receiver.hooks[0])
  assert.deepEqual(JSON.parse(String(hook.body)).data['note'], ['all'])
  assert.deepEqual(done, [[10, lamp.identifier]])
  const run = await until('the run', async () => (await controller.runs({ ruleId: rule.id })).items[0])
  assert.equal(run.outcome, 'failed')
  const { steps } = JSON.parse(run.trace) as { steps: { do: string; ok?: boolean; outcome?: string }[] }
  assert.deepEqual(
    steps.map((s) => s.do),
    ['action howl', 'command', 'status', 'webhook'],
  )
})

// RULE-9
test('runs are listed by the time of what made them run, also one that took long', async (t) => {
  const gate = Promise.withResolvers<void>()
  const plugin = definePlugin({
    name: 'slow',
    api: '^1',
    setup: (p) => void p.action('wait', { input: Type.Object({}), run: () => gate.promise }),
  })
  const cloud = await startCloud({ plugins: [plugin] })
  t.after(() => cloud.stop())
  const { registry, controller } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const events = [{ no: 6, name: 'pressed', part: 1, priority: 0, params: [] }]
  const config = JSON.stringify({ objects: [], commands: [], events })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config })
  const lamp = await testDevice(cloud, { productKey: product.key, code: 'one' })
  await lamp.connect()
  const definition: RuleDefinition = {
    device: lamp.identifier,
    on: { kind: 'event', name: 'pressed' },
    ...does({ do: 'action', name: 'wait', input: {} }),
    but: { atMost: { n: 1, per: 3_600_000 } },
  }
  const asked = { name: 'slow', enabled: true, applicationId: 0, definition: JSON.stringify(definition) }
  const { id: ruleId } = await controller.saveRule(asked)
  for (let i = 0; i < 2; i++) await lamp.publish('e', encodeEvent({ subDevice: 1, no: 6, priority: 0, values: [], types: [] }))
  gate.resolve()
  const runs = await until('both runs', async () => {
    const { items } = await controller.runs({ ruleId })
    return items.length === 2 && items
  })
  assert.deepEqual(
    runs.map((r) => r.outcome),
    ['held_back', 'ok'],
  )
  for (const r of runs) assert.equal(JSON.parse(r.trace).at, r.at)
})

// RULE-10
scenario(
  'a rule that is renamed goes on waiting, over a restart too, and stays what it was',
  async (world) => {
    const app = await world.application()
    const device = await world.connected()
    const { client } = await openDoor(world)
    const about = { device: device.identifier, on: { kind: 'status', label: 'light' } as const, when: 'status.light.onoff > 0' }
    const rule = await save(world, { ...switched, for: 4000, ...about })
    await device.status({ light: [1, 1] })
    const { items } = await world.peers.controller.records({ deviceId: device.id, kinds: ['status'] })
    const named = await client('PATCH /rules/{id}', { params: rule, body: { name: 'another' } })
    assert.deepEqual([named.name, named.version, named.updated_at], ['another', 1, rule.updatedAt])
    const said = await client('PATCH /rules/{id}', { params: rule, body: { name: 'a third', when: about.when } })
    assert.deepEqual([said.name, said.version, said.revision], ['a third', 1, 3])
    await world.restart()
    const [run] = await until(
      'a run of what lasts',
      async () => {
        const runs = await runsOf(world, rule.id)
        return runs.length > 0 && runs
      },
      30_000,
    )
    assert.equal(run!.at, items[0]!.at + 4000)

    await app.post(`/devices/${device.identifier}/rules`, {
      ...{ type: 'ifttt', trigger: 'alarm', target: `device/${device.identifier}/command` },
      action: JSON.stringify({ switch: [5, 6] }),
    })
    const old = (await client('GET /rules')).items.find((r) => r.old)!
    const renamed = await client('PATCH /rules/{id}', { params: old, body: { name: 'of the old API' } })
    assert.deepEqual([renamed.old, renamed.version], [old.old, 1])
  },
  { shapes: ['direct'] },
)

/** Lets a daily timer come by all these instants, with a restart before and after each: it ran at those of `wanted`, once. */
async function ticks(
  world: World,
  time: ReturnType<typeof heldTime>,
  at: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const device = await world.device()
  const on = { kind: 'timer' as const, cron: '30 2 * * *', zone: 'Europe/Berlin' }
  const rule = await save(world, {
    device: device.identifier,
    on,
    ...does({ do: 'command', name: 'switch', params: [1, 2], ttl: 600_000 }),
  })
  const ran = async () => (await runsOf(world, rule.id)).map((r) => new Date(r.at).toISOString().slice(0, 16)).toReversed()
  for (const instant of at) {
    time.clock.set(Date.parse(instant) - 5000)
    await world.restart()
    await time.pass(10)
    const due = wanted.filter((w) => w <= instant).length
    await until(`${due} ticks`, async () => (await ran()).length >= due)
    await world.restart()
    await time.pass(20)
  }
  assert.deepEqual(await ran(), wanted)
}

const autumn = heldTime(Date.UTC(2026, 9, 24, 23))
scenario(
  'RULE-3 an hour that comes twice has its tick once, over restarts',
  async (world) => {
    const at = ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-26T01:30Z']
    await ticks(world, autumn, at, ['2026-10-25T00:30', '2026-10-26T01:30'])
  },
  { shapes: ['direct'], clock: autumn.clock },
)

const spring = heldTime(Date.UTC(2026, 2, 28, 1))
scenario(
  'RULE-3 a time that is left out ticks when the clock has been turned, over restarts',
  async (world) => {
    const at = ['2026-03-28T01:30Z', '2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z']
    await ticks(world, spring, at, ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'])
  },
  { shapes: ['direct'], clock: spring.clock },
)

const old = heldTime(Date.UTC(2026, 0, 1, 11, 59, 30))
scenario(
  'RULE-3 a timer of the old API ticks in UTC and sends what it says',
  async (world) => {
    const app = await world.application()
    const device = await world.connected()
    const said = await app.post(`/devices/${device.identifier}/rules`, {
      type: 'timer',
      trigger: '0 12 * * *',
      target: `device/${device.identifier}/command`,
      action: JSON.stringify({ switch: [5, 6] }),
    })
    assert.equal(said.code, 0)
    await old.pass(40)
    assert.deepEqual((await device.expectCommand()).values, [5, 6])
  },
  { shapes: ['direct'], clock: old.clock },
)

// O-12
scenario(
  'a circle over three devices is refused when its last rule is saved; one with a limit is not',
  async (world) => {
    const [a, b, c] = [await world.device(), await world.device(), await world.device()]
    const from = (x: string, y: string, more = {}): RuleDefinition => ({
      device: x,
      on: { kind: 'event', name: 'alarm' },
      ...does({ do: 'command', device: y, name: 'switch', params: [1, 2] }),
      ...more,
    })
    await save(world, from(a.identifier, b.identifier))
    await save(world, from(b.identifier, c.identifier))
    await assert.rejects(save(world, from(c.identifier, a.identifier)))
    await save(world, from(c.identifier, a.identifier, { but: { atMost: { n: 1, per: 60_000 } } }))
  },
  { shapes: ['direct'] },
)

scenario(
  'QUAR-2 frames that are read again later make no rule run, also of one that looks back after a restart',
  async (world) => {
    const rich = vectors<{ events: object[]; objects: object[] }>('rich-product')
    const late = { no: 901, name: 'late', part: 1, priority: 0, params: [{ value_type: 7, name: 'n' }] }
    const door = { no: 900, label: 'door', part: 1, status: [{ value_type: 7, name: 'open' }] }
    const next = { ...rich, events: [...rich.events, late], objects: [...rich.objects, door] }
    const product = await world.product()
    const device = await world.connected({ product })
    const { controller, registry } = world.peers
    const say = () =>
      device.publish('e', encodeEvent({ timestamp: 0, subDevice: 1, no: 901, priority: 0, values: [1], types: [7] }))
    await say()
    await device.publish('s', encodeStatus({ properties: [{ subDevice: 1, object: 900, types: [7], values: [1] }] }))
    await until('quarantine', async () => (await controller.quarantine({ productId: product.id })).items.length === 2)
    await registry.editProduct({ id: product.id, config: JSON.stringify(next) })
    const on = { kind: 'event', name: 'late' } as const
    const rule = await until('a model that knows it', () =>
      save(world, { device: device.identifier, on, ...switched }).catch(() => undefined),
    )
    const { decodes } = await controller.redecode({ productId: product.id })
    assert.equal(decodes, 2)
    await say()
    const runs = await until('a run', async () => {
      const items = await runsOf(world, rule.id)
      return items.length > 0 && items
    })
    assert.equal(runs.length, 1, JSON.stringify(runs))
    const { items } = await controller.records({ deviceId: device.id, kinds: ['event'], newestFirst: true, limit: 1 })
    assert.equal(JSON.parse(runs[0]!.trace).at, items[0]!.at)

    const lasts = async (label: string, when: string) => {
      const about = { device: device.identifier, on: { kind: 'status', label } as const, when, for: 2000 }
      return (await save(world, { ...about, ...switched })).id
    }
    const [ofDoor, ofLight] = [await lasts('door', 'status.door.open > 0'), await lasts('light', 'status.light.onoff > 0')]
    await device.status({ light: [1, 1] })
    await world.restart()
    await until('a run of what lasts', async () => (await runsOf(world, ofLight)).length > 0, 30_000)
    assert.deepEqual(await runsOf(world, ofDoor), [])
  },
  { shapes: ['direct'] },
)

const minutely = heldTime(Date.UTC(2026, 0, 1, 12))
scenario(
  'RULE-7 RULE-8 what limits a rule limits its ticks too, over restarts; a timer that never comes is refused',
  async (world) => {
    const device = await world.device()
    const timer = (cron: string, but?: RuleDefinition['but']) =>
      save(world, {
        device: device.identifier,
        on: { kind: 'timer', cron },
        ...does({ do: 'command', name: 'switch', params: [1, 2], ttl: 600_000 }),
        ...(but && { but }),
      })
    const twice = await timer('* * * * *', { atMost: { n: 2, per: 3_600_000 } })
    const once = await timer('* * * * *', { hysteresis: 'status.light.level < 10' })
    const all = await timer('* * * * *')
    const ran = async (id: number) => (await runsOf(world, id)).filter((r) => r.outcome === 'ok').length
    const minutes = async (n: number) => {
      for (let i = 0; i < n; i++) {
        const before = await ran(all.id)
        await minutely.pass(60)
        await until('the next tick', async () => (await ran(all.id)) > before, 30_000)
      }
    }
    await minutes(2)
    assert.deepEqual([await ran(twice.id), await ran(once.id)], [2, 1])
    await world.restart()
    await minutes(2)
    assert.deepEqual([await ran(twice.id), await ran(once.id)], [2, 1])
    await device.connect()
    await device.status({ light: [1, 5] })
    await minutes(1)
    await until('a tick that is let run again', async () => (await ran(once.id)) === 2)
    assert.equal(await ran(twice.id), 2)
    await assert.rejects(timer('0 0 31 2 *'), (e) => e instanceof Error && /never/.test(e.message))
  },
  { shapes: ['direct'], clock: minutely.clock },
)
