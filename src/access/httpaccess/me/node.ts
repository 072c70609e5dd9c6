import type { Receiver } from '#access/shared/downlink.ts'
import type { Durable } from '#access/shared/durable.ts'
import type { LeasedParts } from '#access/shared/leased.ts'
import type { DeviceNode } from '#access/shared/node.ts'

export interface HttpParts extends LeasedParts<Receiver> {
  /** requests whose records are on their way to the log */
  readonly durable: Durable<{ done: () => void; lost: (e: Error) => void }>
}
export type HttpNode = DeviceNode<Receiver> & HttpParts
