/** What the parts of this service know of each other. */
import type { Receiver } from '#access/shared/downlink.ts'
import type { LeasedParts } from '#access/shared/leased.ts'
import type { DeviceNode } from '#access/shared/node.ts'

export type NodeOf<S extends Receiver> = DeviceNode<S> & LeasedParts<S>
