/** Takeovers between nodes while the device managers that do them die. */
import { onEngines } from '../support/engines.ts'
import type { Part } from '../world/processes.ts'
import { enginesOf } from '../world/servers.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const partsOf = (world: World): readonly Part[] => (world.running as unknown as { parts: readonly Part[] }).parts

const nodeOf = (world: World, { link }: Device): Part =>
  partsOf(world).find((p) => new URL(p.listen['mqttaccess'] ?? 'none:').port === String(link.socket.remotePort))!

onEngines(enginesOf.processes!, () => {
  // MQTT-21
  scenario(
    'managers that are killed while they wait for the end of a session: it ends before the device is let in elsewhere',
    async (world) => {
      const device = await world.device()
      await device.connect({ clean: false })
      const { link: old } = device
      const node = nodeOf(world, device)
      const known = async () => (await world.peers.devicemanager.routes({ devices: [device.id] })).items[0]?.epoch
      const before = await known()
      node.signal('SIGSTOP')
      try {
        device.connect({ clean: false }).catch(() => undefined)
        await until('the claim of another node', async () => ((await known()) ?? before) !== before)
        const managers = partsOf(world).filter((p) => p.services.includes('devicemanager'))
        await Promise.all(managers.map((p) => p.kill()))
        await Promise.all(managers.map((p) => p.start()))
      } finally {
        node.signal('SIGCONT')
      }
      await device.comeBack({ clean: false })
      await until('the end of the session before', () => old.ended)
      await device.status({ light: [1, 2] })
    },
    { shapes: ['processes'] },
  )
})
