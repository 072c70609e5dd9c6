import type { Downlink, Receiver } from '#access/shared/downlink.ts'
import type { Models } from '#access/shared/models.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Wheel } from '#access/shared/wheel.ts'
import type { Durable } from './durable.ts'

export interface HttpParts {
  readonly wheel: Wheel
  readonly downlink: Downlink<Receiver>
  readonly models: Models
  readonly durable: Durable
  readonly limits: {
    /** messages a second of one device */
    maxRate: number
    /** octets of one body */
    maxBody: number
    /** seconds of silence after which a device is offline */
    lease: number
  }
}
export type HttpNode = DeviceNode<Receiver> & HttpParts
