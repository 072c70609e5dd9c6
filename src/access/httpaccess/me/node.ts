/** The node of this service: what it is told, and what its parts know of each other. */
import type { AccessConfig } from '#access/shared/accesspoints.ts'
import type { Receiver } from '#access/shared/downlink.ts'
import { Durable } from '#access/shared/durable.ts'
import type { EnrolPeers } from '#access/shared/enrolhere.ts'
import type { LeasedParts } from '#access/shared/leased.ts'
import { type LeasedConfig, leasedNode } from '#access/shared/leasednode.ts'
import type { AccessStart, DeviceNode } from '#access/shared/node.ts'
import type { Done } from '#core/devicelog/done.ts'
import type { Address } from '#lib/settings.ts'
import { MAX_BODY } from '../body.ts'
import { causeRefusal, Refusal } from './answer.ts'
import { doneIn } from './repeats.ts'

export interface Config extends AccessConfig, LeasedConfig {
  httpaccessListen: Address
  /** for chips of 2015: weak TLS only, never plain text */
  httpaccessLegacyTlsListen?: Address
  httpLease: number
}

export interface HttpParts extends LeasedParts<Receiver> {
  /** requests whose records are on their way to the log */
  readonly durable: Durable<{ done: () => void; lost: (e: Error) => void }>
  /** Requests of a device under keys, as the log knows them, those of a moment ago included; oldest first. */
  done(deviceId: number): Promise<Done[]>
}
export type HttpNode = DeviceNode<Receiver> & HttpParts

const LATER = 5

export function expectRoom({ uplink }: Pick<HttpNode, 'uplink'>): void {
  if (uplink.full) throw new Refusal(503, 'log_unavailable', 'the device log does not accept now', LATER)
}

export function httpNode(s: AccessStart<Config, EnrolPeers>): HttpNode {
  const durable: HttpParts['durable'] = new Durable(
    (w) => w.done(),
    (w) => w.lost(causeRefusal('stream_sealed')),
  )
  const limits = { maxBody: MAX_BODY, lease: s.config.httpLease }
  const node = leasedNode<Receiver>(s, 'http', limits, () => durable.lost())
  return Object.assign(node, {
    durable,
    async done(deviceId: number) {
      expectRoom(node)
      await node.uplink.drained()
      const { done = '' } = await s.peers.controller.session({ deviceId, keys: true })
      return doneIn(done)
    },
  })
}
