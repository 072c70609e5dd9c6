/** Services in several processes, on engines that are servers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { onEngine } from '../support/engines.ts'
import { startPart } from '../world/cluster.ts'
import { makeWorld, scenario, until, type World } from '../world.ts'
import { mainJob } from './mainjob.ts'

const shapes = ['cluster'] as const

function options(world: World) {
  const env = { PANDO_NOTIFIER_ALLOW: '127.0.0.0/8', PANDO_OPS_LISTEN: '127.0.0.1:0', PANDO_MQTTACCESS_LISTEN: '127.0.0.1:0' }
  return { dataDir: world.dataDir, env }
}

function scenarios(): void {
  // CLU-1
  for (const dialect of ['binary', 'user', 'mqtt5'] as const)
    scenario(`cluster: the main job: ${dialect}`, (world) => mainJob(world, dialect), { shapes })

  // CLU-1
  scenario(
    'cluster: what was said before a restart of every process is there after it',
    async (world) => {
      const app = await world.application()
      const device = await world.connected({ code: 'lamp-1' })
      await device.status({ light: [1, 300] })
      await world.restart()
      assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [1, 300] })
      await device.connect()
      await device.status({ light: [0, 4] })
      assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [0, 4] })
    },
    { shapes },
  )

  // CLU-1, MQTT-12
  scenario(
    'cluster: a second access node: its devices are reached, and a device that comes in there has left the first',
    async (world) => {
      const app = await world.application()
      const device = await world.connected({ code: 'lamp-1' })
      const second = await startPart(options(world), ['mqttaccess'], 'second')
      try {
        const path = `/devices/${device.identifier}`
        const first = device.address
        await until('a login that leads to the second node', async () => (await device.login()).address !== first)
        const gone = until('the end of the first connection', () => world.told(device, 'offline', 'taken_over'))
        await device.connect()
        await gone
        const [command, post] = await Promise.all([device.expectCommand(), app.post(`${path}/commands`, { switch: [3, 4] })])
        assert.deepEqual([command.name, post.code], ['switch', 0])
        await device.status({ light: [1, 2] })
        assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [1, 2] })
      } finally {
        await second.stop()
      }
    },
    { shapes },
  )

  // CLU-2
  test('cluster: a service that must run once is refused where it runs already', async () => {
    const world = await makeWorld({ shape: 'cluster' })
    try {
      await assert.rejects(startPart(options(world), ['controller'], 'another'), (e) => {
        assert.ok(isPandoError(e, 'config_invalid'))
        assert.match(e.message, /^controller runs already, in controller\+notifier-/)
        return true
      })
    } finally {
      await world.close()
    }
  })
}

onEngine('mongodb', () => onEngine('nsq', () => onEngine('etcd', scenarios)))
