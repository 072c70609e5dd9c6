/** What the parts of this service know of each other. */
import type { Downlink } from '#access/shared/downlink.ts'
import type { Models } from '#access/shared/models.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Wheel } from '#access/shared/wheel.ts'
import type { CoapSession } from './session.ts'

export interface CoapParts {
  readonly wheel: Wheel
  readonly downlink: Downlink<CoapSession>
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
export type CoapNode = DeviceNode<CoapSession> & CoapParts
