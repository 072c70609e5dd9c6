/** What the parts of this service know of each other. */
import type { Downlink, Receiver } from '#access/shared/downlink.ts'
import type { Models } from '#access/shared/models.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Wheel } from '#access/shared/wheel.ts'

export interface CoapParts<S extends Receiver> {
  readonly wheel: Wheel
  readonly downlink: Downlink<S>
  readonly models: Models
  readonly limits: {
    /** messages a second of one device */
    maxRate: number
    /** octets of one body of a device that is in */
    maxBody: number
    /** seconds of silence after which a device is offline */
    lease: number
  }
}
export type NodeOf<S extends Receiver> = DeviceNode<S> & CoapParts<S>
