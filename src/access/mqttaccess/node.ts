/** What the parts of an access node know of each other: the node, and a connection as all but itself see it. */
import type { Socket } from 'node:net'
import type { Origin, Owner, Uplink } from '#access/shared/uplink.ts'
import type { Delivery, DeliveryResult } from '#contracts/access.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { Departures } from './departures.ts'
import type { Connect, Packet } from './packet/packets.ts'
import { DEFAULT_LIMITS, type Rules, rulesFor } from './packet/rules.ts'
import type { Version } from './packet/types.ts'
import type { Wheel } from './wheel.ts'

export interface Limits {
  maxPacket: number
  maxInflight: number
  /** messages a second of one device */
  maxRate: number
  /** seconds until a socket must have logged in */
  connectTimeout: number
}

/** new: nothing read yet · asked: CONNECT is being checked · open · closed */
export type State = 'new' | 'asked' | 'open' | 'closed'

/** How this connection is spoken to; chosen once, at CONNECT (ARCHITECTURE.md D8). */
export interface Dialect {
  version: Version
  /** binary firmware: one packet at a time, slowly */
  paced: boolean
}

/** What is recorded for a device whose connection is lost (MQTT §3.1.2.5). */
export interface Will {
  send(c: Session, cause: Cause, now: number): void
}

/** A connection; its life is in connection.ts. */
export interface Session extends Origin, Owner {
  readonly node: AccessNode
  readonly socket: Socket
  readonly state: State
  readonly dialect: Dialect
  /** how packets of this device are read */
  readonly rules: Rules
  /** host:port of the device */
  readonly address: string
  /** when the bytes that are read now arrived, ms since 1970 */
  readonly now: number
  deviceId: number
  productId: number
  modelVersion: number
  epoch: number
  /** flags that records of its frames begin with: `foreign` where they are a codec's */
  frameFlags: number
  /** QoS 1 and 2 messages that wait for their acknowledgement */
  unacked: number
  /** QoS 2 packet ids received and not released */
  unreleased: Set<number> | undefined
  /** the 16 octets that frames to the device carry */
  token: Uint8Array
  /** the device speaks topic d instead of s */
  oldTopic: boolean
  will: Will | undefined
  maxPacketOut: number
  receiveMaximum: number
  /** of the messages sent down in this session */
  lastPacketId: number
  /** CONNECT is being checked: what follows it waits. */
  asked(dialect: Dialect): void
  /** The device is in: from here on packets count. */
  opened(connect: Connect): void
  /** Goes on with what has come behind CONNECT. */
  proceed(): void
  /** One more message of the device, for its limits. */
  countMessage(): void
  /** Sends one packet (several only where the session is not paced). */
  send(bytes: Uint8Array): void
  sendPacket(packet: Packet): void
  /** Ends it, for this cause; MQTT 5 is told the reason code first. Repeating it is harmless. */
  end(cause: Cause, detail?: string, reasonCode?: number): void
}

/** Who lets devices in. */
export interface Doorkeeper {
  ask(c: Session, connect: Connect): void
  /** Answers a CONNECT with a refusal; the connection is ended by the caller. */
  refuse(c: Session, version: Version, reason: number, text?: string): void
}

/** The way down. */
export interface Sender {
  deliver(d: Delivery): Promise<DeliveryResult>
  acknowledged(c: Session, packetId: number, reason: number): void
  /** whether something waits for the device */
  waiting(device: number): boolean
  back(c: Session): void
}

export interface AccessNode {
  readonly limits: Limits
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly uplink: Uplink
  readonly wheel: Wheel
  readonly admission: Doorkeeper
  readonly downlink: Sender
  readonly departures: Departures
  /** device id → the connection that it holds */
  readonly devices: Map<number, Session>
  /** all sockets that are up, logged in or not */
  readonly connections: Set<Session>
  stopping: boolean
  /** arrival time of what is read now, ms since 1970 */
  now(): number
  /** One more message of this record kind (1 status, 2 event, 3 undecodable) for the metrics. */
  counted(kind: 1 | 2 | 3): void
  /** Bytes read from a device, for the metrics. */
  read(bytes: number): void
}

/** How packets of devices are read, by version. */
export const clientRules = rulesFor('client', DEFAULT_LIMITS)
