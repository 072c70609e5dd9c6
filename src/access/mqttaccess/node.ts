/** What the connections of one access node share. */
import type { Uplink } from '#access/shared/uplink.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { Admission } from './admission.ts'
import type { Connection } from './connection.ts'
import type { Departures } from './departures.ts'
import type { Downlink } from './downlink.ts'
import type { Limits as PacketLimits } from './packet/rules.ts'
import { DEFAULT_LIMITS, rulesFor } from './packet/rules.ts'
import type { Wheel } from './wheel.ts'

export interface Limits {
  maxPacket: number
  maxInflight: number
  /** messages a second of one device */
  maxRate: number
  /** seconds until a socket must have logged in */
  connectTimeout: number
}

export interface AccessNode {
  readonly limits: Limits
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly uplink: Uplink
  readonly wheel: Wheel
  readonly admission: Admission
  readonly downlink: Downlink
  readonly departures: Departures
  /** device id → the connection that it holds */
  readonly devices: Map<number, Connection>
  /** all sockets that are up, logged in or not */
  readonly connections: Set<Connection>
  stopping: boolean
  /** arrival time of what is read now, ms since 1970 */
  now(): number
  /** One more message of this record kind (1 status, 2 event, 3 undecodable) for the metrics. */
  counted(kind: 1 | 2 | 3): void
}

const limits: PacketLimits = DEFAULT_LIMITS
/** How packets of devices are read, by version. */
export const clientRules = rulesFor('client', limits)
