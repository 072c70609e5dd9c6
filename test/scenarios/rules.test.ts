/** Rules: what happens by itself, once, within scope, and what is told of it. */
import assert from 'node:assert/strict'
import type { RuleDefinition } from '#contracts/controller.ts'
import { isPandoError } from '#lib/errors.ts'
import { heldTime } from '../world/time.ts'
import { type Device, scenario, sleep, until, type World } from '../world.ts'

const save = (world: World, definition: RuleDefinition, more: { applicationId?: number; id?: number } = {}) =>
  world.peers.controller.saveRule({
    name: 'a rule',
    enabled: true,
    definition: JSON.stringify(definition),
    applicationId: 0,
    ...more,
  })

/** What a rule does. */
const does = (...then: RuleDefinition['then']): Pick<RuleDefinition, 'then'> => ({ then })

const runsOf = async (world: World, ruleId: number) => (await world.peers.controller.runs({ ruleId })).items

/** The event of the product's configuration, all of its values nothing. */
function alarm(device: Device): Promise<void> {
  const { params } = device.model.eventIndex.byName.get('alarm')!
  const values = params.map((p) => (p.valueType > 10 ? '' : 0))
  return device.event('alarm', values)
}

scenario(
  'RULE-1 an event of one device is a command for another, once; its run tells so',
  async (world) => {
    const [a, b] = [await world.connected(), await world.connected()]
    const rule = await save(world, {
      device: a.identifier,
      on: { kind: 'event', name: 'alarm' },
      ...does({ do: 'command', device: b.identifier, name: 'switch', params: [1, 2] }),
    })
    await alarm(a)
    const command = await b.expectCommand()
    assert.deepEqual(command.values, [1, 2])
    const [run] = await until('a run', async () => {
      const found = await runsOf(world, rule.id)
      return found.length > 0 ? found : undefined
    })
    assert.equal(run!.outcome, 'ok')
    assert.equal(JSON.parse(run!.trace).steps[0].device, b.identifier)
    assert.equal((await runsOf(world, rule.id)).length, 1)
  },
  { shapes: ['direct'] },
)

scenario(
  'RULE-2 a rule tells its application by webhook, and only that one',
  async (world) => {
    const app = await world.application({ tags: [] })
    await world.application({ tags: [], hook: '/other' })
    const a = await world.connected()
    await save(
      world,
      { device: a.identifier, on: { kind: 'event', name: 'alarm' }, ...does({ do: 'webhook', data: { note: 'hot' } }) },
      { applicationId: app.id },
    )
    await alarm(a)
    const told = await until('a webhook', async () => world.hooks.hooks[0])
    const body = JSON.parse(String(told.body))
    assert.deepEqual([body.tag, body.identifier, body.data.note], ['rule', a.identifier, ['hot']])
    assert.equal(world.hooks.hooks.filter((r) => r.path === '/other').length, 0)
  },
  { shapes: ['direct'] },
)

scenario(
  'S-02 a target out of the scope of the application is refused when the rule is saved, and when it runs',
  async (world) => {
    const first = await world.product()
    const second = await world.product({ name: 'other' })
    const a = await world.connected({ product: first, code: 'a' })
    const b = await world.connected({ product: second, code: 'b' })
    const app = await world.application({ domain: `product/${first.id}` })
    const definition: RuleDefinition = {
      device: a.identifier,
      on: { kind: 'event', name: 'alarm' },
      ...does({ do: 'command', device: b.identifier, name: 'switch', params: [1, 2] }),
    }
    const denied = (e: unknown) => isPandoError(e, 'scope_denied')
    await assert.rejects(save(world, definition, { applicationId: app.id }), denied)
    const nobody = `${second.vendorId.toString(16)}-${second.id.toString(16)}-no`
    const unknown = { ...definition, ...does({ do: 'command', device: nobody, name: 'switch', params: [1, 2] }) }
    await assert.rejects(save(world, unknown, { applicationId: app.id }), denied)

    await world.peers.registry.editApplication({ id: app.id, domain: '*' })
    const rule = await until('a wider scope', () => save(world, definition, { applicationId: app.id }).catch(() => undefined))
    // a rule that is first read in the narrower scope does not run at all
    await alarm(a)
    await b.expectCommand()
    await world.peers.registry.editApplication({ id: app.id, domain: `product/${first.id}` })
    const run = await until('a run that fails', async () => {
      await alarm(a)
      return (await runsOf(world, rule.id)).find((r) => r.outcome === 'failed')
    })
    const { message: _, ...said } = JSON.parse(run.trace).steps[0]
    const device = b.identifier
    assert.deepEqual(said, { do: 'command', device, outcome: 'failed', code: 'scope_denied', params: { device } })
  },
  { shapes: ['direct'] },
)

scenario(
  'O-12 two rules that wake one another are refused when the second is saved',
  async (world) => {
    const [a, b] = [await world.device(), await world.device()]
    const from = (x: string, y: string): RuleDefinition => ({
      device: x,
      on: { kind: 'event', name: 'alarm' },
      ...does({ do: 'command', device: y, name: 'switch', params: [1, 2] }),
    })
    await save(world, from(a.identifier, b.identifier))
    await assert.rejects(save(world, from(b.identifier, a.identifier)), (e) => {
      assert.ok(isPandoError(e, 'invalid'))
      return (e.params['errors'] as { code: string }[])[0]?.code === 'loop'
    })
  },
  { shapes: ['direct'] },
)

const timed = heldTime(Date.UTC(2026, 0, 1, 11, 59, 30))
scenario(
  'RULE-3 a timer runs once a tick, in its time zone, and not again after a restart',
  async (world) => {
    const device = await world.device()
    const rule = await save(world, {
      device: device.identifier,
      on: { kind: 'timer', cron: '0 13 * * *', zone: 'Europe/Berlin' },
      ...does({ do: 'command', name: 'switch', params: [1, 2], ttl: 600_000 }),
    })
    await timed.pass(20)
    assert.equal((await runsOf(world, rule.id)).length, 0)
    await timed.pass(15)
    await until('the tick', async () => (await runsOf(world, rule.id)).length > 0 || undefined)
    await world.restart()
    await timed.pass(60)
    const { items } = await world.peers.controller.commands({ deviceId: device.id })
    assert.equal(items.length, 1)
    assert.equal((await runsOf(world, rule.id)).length, 1)
  },
  { shapes: ['direct'], clock: timed.clock },
)

scenario(
  'RULE-4 after kill -9 an event that was acknowledged has run, and its command is there once',
  async (world) => {
    const a = await world.connected()
    const b = await world.device()
    await save(world, {
      device: a.identifier,
      on: { kind: 'event', name: 'alarm' },
      ...does({ do: 'command', device: b.identifier, name: 'switch', params: [1, 2], ttl: 600_000 }),
    })
    await alarm(a)
    await world.kill()
    await world.start()
    const commands = async () => (await world.peers.controller.commands({ deviceId: b.id })).items
    await until('the command', async () => (await commands()).length > 0 || undefined)
    await sleep(300)
    assert.equal((await commands()).length, 1)
  },
  { shapes: ['process'] },
)

const lasting = heldTime(Date.UTC(2026, 0, 1))
scenario(
  'RULE-7 offline for five minutes is told once, wherever restarts fall, and not of a device that is back',
  async (world) => {
    const [gone, back] = [await world.connected(), await world.connected()]
    const restart = async () => {
      await world.restart()
      await back.comeBack({ keepAlive: 0 })
    }
    const rules: { id: number }[] = []
    for (const { identifier: device } of [gone, back])
      rules.push(
        await save(world, {
          device,
          on: { kind: 'offline' },
          for: 300_000,
          ...does({ do: 'command', name: 'switch', params: [1, 2] }),
        }),
      )
    const told = () => Promise.all(rules.map(async (r) => (await runsOf(world, r.id)).length))
    for (const device of [gone, back]) {
      await device.disconnect()
      await world.told(device, 'offline', 'disconnected')
    }
    await lasting.pass(120)
    await restart()
    await lasting.pass(120)
    assert.deepEqual(await told(), [0, 0])
    await restart()
    await until('the rule', async () => {
      await lasting.pass(1)
      return (await told())[0] === 1
    })
    await restart()
    await lasting.pass(400)
    assert.deepEqual(await told(), [1, 0])
  },
  { shapes: ['direct'], clock: lasting.clock },
)

scenario(
  'RULE-7 hysteresis holds over a restart, and ends with what was reported before it',
  async (world) => {
    const a = await world.connected()
    const value = 'status.o_int32.v'
    const rule = await save(world, {
      device: a.identifier,
      on: { kind: 'status' },
      when: `${value} > 80`,
      but: { hysteresis: `${value} < 70` },
      ...does({ do: 'command', name: 'switch', params: [1, 2] }),
    })
    const ran = async () => (await runsOf(world, rule.id)).filter((r) => r.outcome !== 'held_back').length
    const report = (v: number) => a.status({ o_int32: [v] })
    const again = async () => {
      await world.restart()
      await a.comeBack()
    }
    await report(81)
    await until('the first run', async () => (await ran()) === 1)
    await again()
    await report(82)
    await report(75)
    await report(83)
    assert.equal(await ran(), 1, 'held back')
    const heldBack = async () => (await runsOf(world, rule.id)).filter((r) => r.outcome === 'held_back').length
    await until('that is told, once', async () => (await heldBack()) === 1)
    await report(69)
    await again()
    await report(84)
    await until('the second run', async () => (await ran()) === 2)
  },
  { shapes: ['direct'] },
)

scenario(
  'RULE-5 a run on the past says what would have happened and sends nothing',
  async (world) => {
    const a = await world.connected()
    const label = [...a.model.objectIndex.byName.values()].find((o) => o.label === 'o_int32')!
    for (const v of [1, 20, 3, 30]) await a.status({ [label.label]: [v] })
    const asked: RuleDefinition = {
      device: a.identifier,
      on: { kind: 'status' },
      when: `status.${label.label}.${label.status[0]!.name} > 10`,
      ...does({ do: 'command', name: 'switch', params: [1, 2] }),
    }
    const trial = await world.peers.controller.dryRun({
      definition: JSON.stringify(asked),
      applicationId: 0,
      from: 0,
      to: Date.now() + 1000,
    })
    assert.deepEqual([trial.fired, trial.devices, trial.near], [2, 1, 2])
    assert.match(trial.items[0]!.why, /20/)
    assert.equal((await world.peers.controller.commands({ deviceId: a.id })).items.length, 0)
  },
  { shapes: ['direct'] },
)

// test/vectors/mqtt-keepalive-and-rules.json: what the old cloud sent after the alarm
scenario(
  'RULE-1 rules of the old API: an alarm is a command and a status for the device itself; those out of form are refused',
  async (world) => {
    const app = await world.application()
    const device = await world.connected()
    const add = (kind: string, action: object) =>
      app.post(`/devices/${device.identifier}/rules`, {
        type: 'ifttt',
        trigger: 'alarm',
        target: `device/${device.identifier}/${kind}`,
        action: JSON.stringify(action),
      })
    assert.equal((await add('command', { switch: [3, 4] })).code, 0)
    assert.equal((await add('status', { o_uint8: [7] })).code, 0)
    assert.equal((await add('command', { switch: [300, 4] })).code, 10005)
    assert.equal((await add('elsewhere', {})).code, 10005)
    await alarm(device)
    assert.deepEqual((await device.expectCommand()).values, [3, 4])
    const { data } = await device.expectStatus()
    assert.deepEqual({ ...data }, { o_uint8: [7] })
  },
  { shapes: ['direct'] },
)
