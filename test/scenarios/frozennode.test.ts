/** An access node that is silent for a while with messages of devices in its sockets, and then goes on. */
import assert from 'node:assert/strict'
import { recordKind } from '#core/devicelog/batch.ts'
import { decodeStatus } from '#protocol/frames.ts'
import { onEngines } from '../support/engines.ts'
import { logRecords } from '../world/inspect.ts'
import type { Part } from '../world/processes.ts'
import { enginesOf } from '../world/servers.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const valuesOf = async (world: World, device: Device): Promise<number[]> =>
  (await logRecords(world.place))
    .filter((r) => r.device === device.id && r.kind === recordKind.status)
    .map((r) => Number(decodeStatus(r.data).properties[0]!.values[0]))

onEngines(enginesOf.processes!, () => {
  // MQTT-5, MQTT-13
  scenario(
    'a node that was frozen with a QoS 2 message in its socket: sent again at another node it counts once, before what comes later',
    async (world) => {
      const device = await world.device()
      await device.connect({ clean: false })
      const { link: old } = device
      const { parts } = world.running as unknown as { parts: readonly Part[] }
      const node = parts.find((p) => new URL(p.listen['mqttaccess'] ?? 'none:').port === String(old.socket.remotePort))
      const publish = (n: number, dup: boolean) =>
        ({
          type: 'publish',
          topic: 's',
          payload: device.statusFrame({ o_uint32: [n] }),
          qos: 2,
          dup,
          retain: false,
          packetId: n,
        }) as const
      node!.signal('SIGSTOP')
      try {
        old.send(publish(1, false))
        const known = () => world.peers.devicemanager.routes({ devices: [device.id] })
        await until('the end of its lease', async () => (await known()).items.length === 0)
        await device.connect({ clean: false })
        assert.notEqual(device.link.socket.remotePort, old.socket.remotePort)
        device.link.send(publish(1, true))
        await device.link.next('pubrec')
        device.link.send({ type: 'pubrel', packetId: 1, reason: 0 })
        await device.link.next('pubcomp')
        await device.publish('s', device.statusFrame({ o_uint32: [2] }), { packetId: 2 })
      } finally {
        node!.signal('SIGCONT')
      }
      // it has read what lay there
      await until('the end of the first connection', () => old.ended)
      await world.stop()
      assert.deepEqual(await valuesOf(world, device), [1, 2])
    },
    { shapes: ['processes'] },
  )
})
