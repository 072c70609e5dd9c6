/** What the parts of an access node know of each other: the node, and a connection as all but itself see it. */
import type { Downlink, Receiver } from '#access/shared/downlink.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Owner } from '#access/shared/uplink.ts'
import type { Wheel } from '#access/shared/wheel.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Connect, Packet } from './packet/packets.ts'
import { DEFAULT_LIMITS, type Rules, rulesFor } from './packet/rules.ts'
import type { Version } from './packet/types.ts'

export interface Limits {
  maxPacket: number
  maxInflight: number
  /** messages a second of one device */
  maxRate: number
  /** seconds until a socket must have logged in */
  connectTimeout: number
}

/** How this connection is spoken to; chosen once, at CONNECT (ARCHITECTURE.md D8). */
export interface Dialect {
  version: Version
  /** binary firmware: one packet at a time, slowly */
  paced: boolean
}

/** What carries a connection's octets: a socket, or what looks like one. */
export interface Line {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** octets that wait to be sent */
  readonly writableLength: number
  readonly readableEnded: boolean
  readonly destroyed: boolean
  /** what it is, where it is not TCP or TLS itself: for the diary */
  readonly over?: 'websocket'
  /** names that a certificate vouches for, where it hides the socket that has shown it */
  readonly vouched?: readonly string[] | undefined
  on(event: 'data', f: (this: this, chunk: Buffer) => void): unknown
  on(event: 'error', f: (this: this, e: Error) => void): unknown
  on(event: 'close', f: (this: this) => void): unknown
  once(event: 'drain', f: () => void): unknown
  /** false: wait for `drain` */
  write(bytes: Uint8Array): boolean
  pause(): unknown
  resume(): unknown
  end(): unknown
  destroy(): unknown
}

/** What is recorded for a device whose connection is lost (MQTT §3.1.2.5). */
export interface Will {
  send(c: Session, cause: Cause, now: number): void
}

/** A connection; its life is in connection.ts. */
export interface Session extends Receiver, Owner {
  readonly node: AccessNode
  readonly socket: Line
  readonly dialect: Dialect
  /** how packets of this device are read */
  readonly rules: Rules
  /** when the bytes that are read now arrived, ms since 1970 */
  readonly now: number
  /** QoS 1 and 2 messages that wait for their acknowledgement */
  unacked: number
  /** QoS 2 packet ids received and not released */
  unreleased: Set<number> | undefined
  /** the device speaks topic d instead of s */
  oldTopic: boolean
  will: Will | undefined
  maxPacketOut: number
  receiveMaximum: number
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

/** What a node of MQTT has beside what all have. */
export interface MqttParts {
  readonly limits: Limits
  readonly wheel: Wheel
  readonly admission: Doorkeeper
  readonly downlink: Downlink<Session>
  /** all sockets that are up, logged in or not */
  readonly connections: Set<Session>
}
export type AccessNode = DeviceNode<Session> & MqttParts

/** How packets of devices are read, by version. */
export const clientRules = rulesFor('client', DEFAULT_LIMITS)
