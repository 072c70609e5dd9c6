/** Protocol level on the wire: 3 = MQTT 3.1, 4 = MQTT 3.1.1, 5 = MQTT 5.0. */
export type Version = 3 | 4 | 5

export type Qos = 0 | 1 | 2

export const CONNECT = 1
export const CONNACK = 2
export const PUBLISH = 3
export const PUBACK = 4
export const PUBREC = 5
export const PUBREL = 6
export const PUBCOMP = 7
export const SUBSCRIBE = 8
export const SUBACK = 9
export const UNSUBSCRIBE = 10
export const UNSUBACK = 11
export const PINGREQ = 12
export const PINGRESP = 13
export const DISCONNECT = 14
export const AUTH = 15

export type PacketName =
  | 'connect'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'subscribe'
  | 'suback'
  | 'unsubscribe'
  | 'unsuback'
  | 'pingreq'
  | 'pingresp'
  | 'disconnect'
  | 'auth'

/** Who may send a packet. */
export type Sender = 'client' | 'server'

/** One row of MQTT 5.0 §2.1.2 (table 2-1) and §2.1.3 (table 2-2): type, fixed flag bits, direction, first version. */
export interface PacketType {
  readonly code: number
  readonly name: PacketName
  /** Low nibble of the first byte; PUBLISH carries DUP, QoS and RETAIN there and has none fixed. */
  readonly flags: number
  readonly from: Sender | 'both'
  readonly since: Version
}

const type = (code: number, name: PacketName, flags: number, from: PacketType['from'], since: Version = 3): PacketType => ({
  code,
  name,
  flags,
  from,
  since,
})

/** Indexed by packet type; 0 is forbidden in every version. */
export const PACKET_TYPES: readonly (PacketType | undefined)[] = [
  undefined,
  type(CONNECT, 'connect', 0, 'client'),
  type(CONNACK, 'connack', 0, 'server'),
  type(PUBLISH, 'publish', 0, 'both'),
  type(PUBACK, 'puback', 0, 'both'),
  type(PUBREC, 'pubrec', 0, 'both'),
  type(PUBREL, 'pubrel', 2, 'both'),
  type(PUBCOMP, 'pubcomp', 0, 'both'),
  type(SUBSCRIBE, 'subscribe', 2, 'client'),
  type(SUBACK, 'suback', 0, 'server'),
  type(UNSUBSCRIBE, 'unsubscribe', 2, 'client'),
  type(UNSUBACK, 'unsuback', 0, 'server'),
  type(PINGREQ, 'pingreq', 0, 'client'),
  type(PINGRESP, 'pingresp', 0, 'server'),
  type(DISCONNECT, 'disconnect', 0, 'both'),
  type(AUTH, 'auth', 0, 'both', 5),
]

/** Packet types by name. */
export const TYPE_OF = Object.fromEntries(PACKET_TYPES.flatMap((t) => (t ? [[t.name, t]] : []))) as Record<PacketName, PacketType>
