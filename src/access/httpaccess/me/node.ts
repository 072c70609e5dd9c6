import type { Receiver } from '#access/shared/downlink.ts'
import type { LeasedParts } from '#access/shared/leased.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Durable } from './durable.ts'

export interface HttpParts extends LeasedParts<Receiver> {
  readonly durable: Durable
}
export type HttpNode = DeviceNode<Receiver> & HttpParts
