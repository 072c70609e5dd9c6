/** Services in several processes, one and two of each, on engines that are servers. `PANDO_TEST_SHAPE` runs all other scenarios so. */
import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { Process } from '#cli/ps/processes.ts'
import { serviceNames } from '#src/services.ts'
import { openDoor } from '../admin/door.ts'
import { asking } from '../crash/load.ts'
import { authority } from '../support/certificates.ts'
import { onEngines } from '../support/engines.ts'
import { pando } from '../support/pando.ts'
import { needs } from '../support/programs.ts'
import type { Env } from '../world/running.ts'
import { enginesOf } from '../world/running.ts'
import { scenario, sleep, until, type World } from '../world.ts'
import { mainJob } from './mainjob.ts'

const shapes = ['cluster2'] as const

const ca = needs('openssl').skip ? undefined : authority()
after(() => ca?.remove())
const pair = ca?.issue('process', { cn: 'process' })
const certificates: Env =
  ca && pair ? { PANDO_CLUSTER_CA: ca.ca, PANDO_CLUSTER_CERT: pair.cert, PANDO_CLUSTER_KEY: pair.key } : {}

function scenarios(): void {
  // CLU-1, CLU-12
  for (const [shape, dialect, env] of [
    ['servers', 'user', {}],
    ['cluster', 'binary', certificates],
    ['cluster2', 'mqtt5', {}],
  ] as const)
    scenario(`cluster: the main job: ${dialect}`, (world) => mainJob(world, dialect), { shapes: [shape], env })

  // CLU-1, MQTT-12
  scenario(
    'cluster: what was said is there after a restart of every process; a device that comes in at another node has left the first',
    async (world) => {
      const app = await world.application()
      const device = await world.connected({ code: 'lamp-1' })
      await device.status({ light: [1, 300] })
      await world.restart()
      const path = `/devices/${device.identifier}`
      assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [1, 300] })
      await device.connect()
      const first = device.link
      const gone = until('the end of the first connection', () => world.told(device, 'offline', 'taken_over'))
      await device.connect()
      await gone
      assert.ok(first.ended)
      const post = app.post(`${path}/commands`, { switch: [3, 4] })
      const command = await device
        .expectCommand()
        .catch(async (e: Error) => assert.fail(`${e.message}; ${JSON.stringify(await post)}`))
      assert.deepEqual([command.name, (await post).code], ['switch', 0])
      await device.status({ light: [0, 4] })
      assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [0, 4] })
    },
    { shapes },
  )

  // CLU-7
  scenario(
    'cluster: a command that is on its way when the device comes in at another node goes there, marked DUP',
    async (world) => {
      const app = await world.application()
      const device = await world.device()
      device.acks = false
      await device.connect()
      const answer = app.post(`/devices/${device.identifier}/commands`, { switch: [1, 2] })
      const first = await device.expectCommand()
      await device.drop()
      device.acks = true
      await device.connect()
      const again = await device.expectCommand()
      assert.deepEqual([first.publish.dup, again.publish.dup, again.values], [false, true, [1, 2]])
      assert.equal((await answer).code, 0)
    },
    { shapes },
  )

  // CLU-8, CLU-14
  scenario(
    'cluster: ps shows the processes; one that is drained sends its devices away, which come in elsewhere and lose nothing',
    async (world) => {
      const app = await world.application()
      const [one, two] = [await world.device({ dialect: 'mqtt5' }), await world.device()]
      const devices = [one!, two!]
      for (const device of devices) await device.connect()
      const say = (...args: string[]) => pando(args, world.env)
      const { processes } = JSON.parse((await say('ps', '--json')).out)
      assert.equal(processes.length, serviceNames.length * 2)
      await seenByPeople(world)
      const holding = () =>
        say('ps', '--json').then(({ out }) =>
          (JSON.parse(out).processes as Process[]).filter((p) => (p.state?.connections ?? 0) > 0).map((p) => p.instance),
        )
      const before = await until('both nodes', async () => ((await holding()).length === 2 ? holding() : undefined))
      const drained = say('drain', before[0]!, '--per-second', '1')
      await until('one that was sent away', () => devices.some((d) => d.link.ended !== undefined))
      const gone = devices.find((d) => d.link.ended !== undefined)!
      assert.equal((await drained).code, 0)
      for (let n = 0; n < 4; n++) assert.notEqual((await gone.login()).address, undefined)
      await gone.comeBack()
      assert.deepEqual(await until('one node', async () => ((await holding()).length === 1 ? holding() : undefined)), [before[1]])
      for (const device of devices) {
        const path = `/devices/${device.identifier}/commands`
        const [command, post] = await Promise.all([device.expectCommand(), app.post(path, { switch: [3, 4] })])
        assert.deepEqual([command.values, post.code], [[3, 4], 0])
      }
      assert.match((await say('ps')).out, /mqttaccess-\w+ .* 0 {2,}mqttaccess, being emptied/)
      assert.equal((await say('drain', 'nobody')).code, 1)
    },
    { shapes },
  )

  // CLU-3, CLU-13, CLU-17
  scenario(
    'cluster: commands that come while one of a service stops are all answered when its device is in elsewhere',
    async (world) => {
      const app = await world.application()
      const device = await world.connected()
      // at the first node, which will stop
      await device.connect()
      const calls = asking(app, device.identifier)
      for (const service of ['mqttaccess', 'registry', 'devicemanager', 'controller'] as const) {
        const stopped = world.running.stopService!(service)
        if (service === 'mqttaccess') {
          await until('an end of the connection', () => device.link.ended !== undefined)
          await sleep(300)
          await device.comeBack()
        }
        await stopped
        await sleep(1000)
      }
      const { answers } = await calls.stop()
      assert.deepEqual([...answers.keys()], ['200 0'], JSON.stringify([...answers]))
    },
    { shapes },
  )

  // CLU-5
  scenario(
    'cluster: one of every service stops: the other does its work, rules and webhooks too',
    async (world) => {
      const app = await world.application({ tags: ['event', 'status'] })
      const device = await world.connected({ code: 'lamp-1' })
      const path = `/devices/${device.identifier}/status/latest`
      for (const [n, service] of serviceNames.entries()) {
        await world.running.stopService!(service)
        // its devices look for the other one
        if (service === 'mqttaccess') await device.comeBack()
        await device.status({ light: [1, n] })
        const latest = () => until('an answer', async () => (await app.get(path)).data)
        assert.deepEqual(await latest(), { light: [1, n] }, `after the end of ${service}`)
        await until(`webhook ${n}`, () => world.hooks.confirmed.some((h) => h.body.includes(`[1,${n}]`)), 20_000)
      }
    },
    { shapes },
  )
}

/** The management API is one of many processes, and tells of all. */
async function seenByPeople(world: World): Promise<void> {
  const { client } = await openDoor(world)
  const { state, nodes, services, engines } = await client('GET /system')
  assert.deepEqual([state, nodes], ['ok', serviceNames.length * 2])
  const instances = Object.fromEntries(services.map((s) => [s.name, s.instances.length]))
  assert.deepEqual(instances, Object.fromEntries(serviceNames.map((name) => [name, 2])))
  const log = engines.filter((e) => e.port === 'devicelog')
  assert.deepEqual([log.length, log[0]!.affects.includes('controller')], [1, true])
  const { items } = await client('GET /endpoints')
  assert.ok(world.nodes.includes(new URL(items.find((e) => e.name === 'mqttaccess')!.url).host))
}

onEngines(enginesOf.cluster!, scenarios)
