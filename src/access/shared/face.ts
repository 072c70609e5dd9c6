/** What an access service answers to others (contracts/access.ts), and how it stops. */
import type { access } from '#contracts/access.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { Downlink, Receiver } from './downlink.ts'
import { VERDICT_MS } from './ghosts.ts'
import { keepLease } from './lease.ts'
import type { AccessStart, DeviceNode, DeviceSession } from './node.ts'

export function accessFace<S extends Receiver>(node: DeviceNode<S>, downlink: Downlink<S>): Face<typeof access> {
  return {
    deliver: async ({ items }) => ({ items: await Promise.all(items.map((d) => downlink.deliver(d))) }),
    close: ({ items }) => closeSessions(node, items),
    moved: async ({ devices }) => {
      for (const device of devices) downlink.moved(device)
      return {}
    },
    sessions: async ({ productId }) => ({
      devices: [...node.devices.values()].filter((c) => c.productId === productId).map((c) => c.deviceId),
    }),
    retarget: async ({ items }) => ({ changed: retarget(node, items) }),
  }
}

/** The life of the node: it holds its lease; at a stop `turnAway` ends all that is here, then what devices have sent becomes durable. `close` lets nobody new in. */
export function keepNode<S extends DeviceSession>(
  s: AccessStart,
  node: DeviceNode<S> & { readonly downlink?: { leave(): void } },
  turnAway: () => void,
  close: () => void = () => {},
): void {
  s.onLeave?.((perSecond) => {
    close()
    s.onStop(s.clock.every(1000, () => sendAway(node, perSecond)))
    sendAway(node, perSecond)
  })
  s.onStop(keepLease(s, node, (items) => closeSessions(node, items)))
  s.onDrain(async () => {
    node.stopping = true
    turnAway()
    node.refusals.stop()
    await node.drained()
    await node.departures.told()
    node.downlink?.leave()
  })
}

/** So many devices, that they come in elsewhere without a stampede. */
function sendAway(node: DeviceNode, most: number): void {
  let n = 0
  for (const c of [...node.devices.values()]) {
    if (c.state !== 'open') continue
    if (++n > most) return
    c.dismiss('server_stopping')
  }
}

/** Ends sessions; answers when all that they had sent is durable. */
async function closeSessions(
  node: DeviceNode,
  items: readonly { device: number; epoch?: number; cause: string }[],
): Promise<{ closed: number }> {
  let closed = 0
  for (const { device, epoch, cause } of items) {
    const c = node.devices.get(device)
    if (epoch !== undefined && (c?.epoch ?? 0) < epoch) closeAhead(node, device, epoch)
    if (!c || (epoch !== undefined && c.epoch !== epoch)) continue
    c.dismiss(cause as Cause)
    closed++
  }
  await node.drained()
  return { closed }
}

/** A verdict that lets this session in may be on its way. */
function closeAhead({ closedAhead, clock }: DeviceNode, device: number, epoch: number): void {
  closedAhead.set(device, epoch)
  clock.after(VERDICT_MS, () => void (closedAhead.get(device) === epoch && closedAhead.delete(device)))
}

/** Records of these devices are of another model version from here on. */
function retarget(node: DeviceNode, items: readonly { device: number; modelVersion: number }[]): number {
  let changed = 0
  for (const { device, modelVersion } of items) {
    const c = node.devices.get(device)
    if (!c || c.modelVersion === modelVersion) continue
    c.modelVersion = modelVersion
    changed++
  }
  return changed
}
