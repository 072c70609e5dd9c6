/** The lease of this node: its devices are online as long as it says that it lives. Where they are is told again after that was lost. */
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Clock } from '#lib/service.ts'
import type { DeviceNode } from './node.ts'

const ALIVE_MS = 2000
/** So that tokens stay alive though the manager that knew of a session has died. */
const ANNOUNCE_MS = 6 * 3_600_000
const AT_ONCE = 1000

interface Start {
  instance: string
  clock: Clock
  peers: { devicemanager: Face<typeof devicemanager> }
}

type Close = (items: { device: number; epoch: number; cause: string }[]) => Promise<unknown>

export function keepLease(s: Start, node: DeviceNode, close: Close): () => void {
  let announcing = false
  let announced = s.clock.now()

  async function announce(): Promise<void> {
    const open = [...node.devices.values()].filter((c) => c.state === 'open')
    for (let at = 0; at === 0 || at < open.length; at += AT_ONCE) {
      const some = open.slice(at, at + AT_ONCE)
      const items = some.map((c) => ({ device: c.deviceId, epoch: c.epoch, protocol: node.protocol, address: c.address }))
      const last = at + AT_ONCE >= open.length
      const { replaced } = await s.peers.devicemanager.announce({ node: s.instance, items, last })
      node.doubts.expect(replaced)
      if (replaced.length > 0) await close(replaced.map((r) => ({ ...r, cause: 'taken_over' })))
      // their end may have been told before
      for (const c of some) if (node.devices.get(c.deviceId) !== c) node.departures.add(c.deviceId, c.epoch)
    }
  }

  async function announceOnce(): Promise<void> {
    if (announcing) return
    announced = s.clock.now()
    announcing = true
    try {
      await announce()
    } finally {
      announcing = false
    }
  }

  async function live(): Promise<void> {
    const { announce: wanted } = await s.peers.devicemanager.alive({ node: s.instance, stream: node.uplink.stream })
    node.departures.again()
    const due = s.clock.now() - announced >= ANNOUNCE_MS
    if (due) node.ghosts.want()
    if (wanted || due) await announceOnce()
    await node.ghosts.look()
  }

  const alive = (): void => {
    live().catch((err: unknown) => node.log.warn({ err }, 'could not renew the lease of this node'))
  }
  alive()
  return s.clock.every(ALIVE_MS, alive)
}
