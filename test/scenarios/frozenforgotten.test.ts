/** An access node stands still while Redis, which knew what it holds, loses its data. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'redis'
import { breakingEngine, onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'
import { makeWorld, until } from '../world.ts'
import { finish, nodeOf, qos2, valuesOf } from './handover.ts'

onEngines(enginesOf.processes!, () =>
  breakingEngine('redis', (begin) => {
    // MQTT-22, MQTT-13, MQTT-5
    test('a node that stands still while Redis is emptied says nothing more of devices that came in elsewhere', async (t) => {
      const redis = await begin()
      t.after(() => redis.stop())
      const world = await makeWorld({ shape: 'processes', servers: { redis: redis.url } })
      try {
        const [device, idle] = [await world.device(), await world.device()]
        await device.connect({ clean: false })
        const { link: old } = device
        const node = nodeOf(world, device)
        do await idle.connect({ clean: false })
        while (nodeOf(world, idle) !== node)
        const last = async () => (await world.peers.controller.conditions({ devices: [idle.id] })).items[0]!.entries[0]
        await until('its session in the log', async () => (await last())?.kind === 'online')
        node.signal('SIGSTOP')
        try {
          old.send(qos2(device, 1, false))
          const client = await createClient({ url: redis.url }).connect()
          await client.flushAll()
          client.destroy()
          // the node that stands still is asked first, or it was not
          const comesIn = () =>
            device.connect({ clean: false }).then(
              () => true,
              () => false,
            )
          await until('a way in', comesIn, 60_000)
          assert.notEqual(nodeOf(world, device), node)
          device.link.send(qos2(device, 1, true))
          await finish(device, 1)
          await device.publish('s', device.statusFrame({ o_uint32: [2] }), { packetId: 2 })
          // MQTT-23
          await world.told(idle, 'offline', 'node_lost', 20_000)
        } finally {
          node.signal('SIGCONT')
        }
        await until('the end of its connections', () => old.ended && idle.link.ended, 20_000)
        // DIARY-6: what the node itself says of that is no news
        await world.told(idle, 'offline', 'stream_sealed')
        assert.equal((await last())?.cause, 'node_lost')
        await idle.connect({ clean: false })
        await world.stop()
        assert.deepEqual(await valuesOf(world, device), [1, 2])
      } finally {
        await world.close()
      }
    })
  }),
)
