/** Processes that are silent for a while with messages of devices in their sockets, and then go on. */
import assert from 'node:assert/strict'
import { onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'
import { scenario, sleep, until } from '../world.ts'
import { finish, NOTICED_MS, nodeOf, partsWith, qos2, valuesOf, whileFrozen } from './handover.ts'

onEngines(enginesOf.processes!, () => {
  // MQTT-5, MQTT-13
  scenario(
    'a node that was frozen with a QoS 2 message in its socket: sent again at another node it counts once, before what comes later',
    async (world) => {
      await world.application({ tags: ['online', 'offline'] })
      const device = await world.device()
      await device.connect({ clean: false })
      const { link: old } = device
      const node = nodeOf(world, device)
      node.signal('SIGSTOP')
      try {
        old.send(qos2(device, 1, false))
        const known = () => world.peers.devicemanager.routes({ devices: [device.id] })
        await until('the end of its lease', async () => (await known()).items.length === 0)
        await device.connect({ clean: false })
        assert.notEqual(device.link.socket.remotePort, old.socket.remotePort)
        device.link.send(qos2(device, 1, true))
        await finish(device, 1)
        await device.publish('s', device.statusFrame({ o_uint32: [2] }), { packetId: 2 })
      } finally {
        node.signal('SIGCONT')
      }
      // it has read what lay there
      await until('the end of the first connection', () => old.ended)
      // DIARY-6
      const { controller } = world.peers
      const ends = async () => (await controller.diary({ deviceId: device.id })).items.filter((e) => e.kind === 'offline')
      await until('that end in the diary', async () => (await ends()).length > 0)
      const [condition] = (await controller.conditions({ devices: [device.id] })).items
      assert.equal(condition!.entries[0]!.kind, 'online', JSON.stringify(condition))
      // DIARY-7: what comes after it in the log was told, it was not
      const tags = () => world.hooks.hooks.map((h) => String(h.json.tag))
      await device.disconnect()
      await until('the end of the second session', () => tags().at(-1) === 'offline')
      const told = tags().lastIndexOf('online')
      assert.deepEqual([tags().length - told, world.hooks.hooks.at(-1)!.json.data], [2, { cause: ['disconnected'] }])
      await world.stop()
      assert.deepEqual(await valuesOf(world, device), [1, 2])
    },
    { shapes: ['processes'] },
  )

  // MQTT-5, MQTT-13
  scenario(
    'a device that leaves while the log is silent and comes in at another node: what it had sent is there before it is let in',
    async (world) => {
      const device = await world.device()
      await device.connect({ clean: false })
      const { remotePort } = device.link.socket
      const { coming } = await whileFrozen(partsWith(world, 'controller'), async () => {
        device.link.send(qos2(device, 1, false))
        await sleep(NOTICED_MS)
        await device.drop()
        await sleep(NOTICED_MS)
        const coming = device.connect({ clean: false })
        await sleep(NOTICED_MS)
        return { coming }
      })
      await coming
      assert.notEqual(device.link.socket.remotePort, remotePort)
      device.link.send(qos2(device, 1, true))
      await finish(device, 1)
      await world.stop()
      assert.deepEqual(await valuesOf(world, device), [1])
    },
    { shapes: ['processes'] },
  )
})
