/** A node of devices without a connection of their own. */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { Downlink, type Receiver } from './downlink.ts'
import type { LeasedParts } from './leased.ts'
import { makeModels } from './models.ts'
import { type AccessPeers, type AccessStart, type DeviceNode, deviceNode } from './node.ts'
import { Wheel } from './wheel.ts'

/** Settings of every service that has such devices. */
export interface LeasedConfig {
  mqttMaxRate: number
  failuresPerMinute: number
  uplinkMaxWaiting: number
}

export interface LeasedPeers extends AccessPeers {
  registry: Face<typeof registry>
}

/** `lease` in ms; `onSealed`: another node has taken over the log stream, what waits for it hears so; all sessions go then. */
export function leasedNode<S extends Receiver>(
  s: AccessStart<LeasedConfig, LeasedPeers>,
  protocol: string,
  { maxBody, lease }: { maxBody: number; lease: number },
  onSealed: () => void,
): DeviceNode<S> & LeasedParts<S> {
  const base = deviceNode<S>(s, protocol, () => {
    onSealed()
    for (const c of [...node.devices.values()]) c.dismiss('stream_sealed')
  })
  const parts: LeasedParts<S> = {
    wheel: new Wheel(s.clock),
    downlink: new Downlink(() => node),
    models: makeModels(() => s.peers.registry),
    limits: { maxRate: s.config.mqttMaxRate, maxBody, lease: Math.ceil(lease / 1000) },
  }
  const node = Object.assign(base, parts)
  return node
}
