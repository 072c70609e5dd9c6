import type { Properties } from './properties.ts'
import type { Qos, Version } from './types.ts'

/** Message that the server publishes when the connection is lost (MQTT 5.0 §3.1.2.5). */
export interface Will {
  topic: string
  payload: Uint8Array
  qos: Qos
  retain: boolean
  properties?: Properties
}

export interface Connect {
  type: 'connect'
  version: Version
  /** Clean Start (MQTT 5) or Clean Session. */
  clean: boolean
  /** Seconds; 0 = none. */
  keepAlive: number
  clientId: string
  username?: string
  password?: Uint8Array
  will?: Will
  properties?: Properties
}

export interface Connack {
  type: 'connack'
  sessionPresent: boolean
  /** A reason code of MQTT 5; MQTT 3 gets the return code that says the same. */
  reason: number
  properties?: Properties
}

export interface Publish {
  type: 'publish'
  topic: string
  payload: Uint8Array
  qos: Qos
  dup: boolean
  retain: boolean
  /** 1…65535 with QoS 1 and 2, 0 with QoS 0. */
  packetId: number
  properties?: Properties
}

export interface Ack {
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
  packetId: number
  /** MQTT 5; 0 in MQTT 3, where there is none. */
  reason: number
  properties?: Properties
}

export interface Subscription {
  filter: string
  qos: Qos
  /** The three of MQTT 5: No Local, Retain As Published, Retain Handling 0…2. */
  noLocal: boolean
  retainAsPublished: boolean
  retainHandling: 0 | 1 | 2
}

export interface Subscribe {
  type: 'subscribe'
  packetId: number
  subscriptions: Subscription[]
  properties?: Properties
}

export interface Unsubscribe {
  type: 'unsubscribe'
  packetId: number
  filters: string[]
  properties?: Properties
}

export interface Suback {
  type: 'suback'
  packetId: number
  /** One for each filter, in the order of the SUBSCRIBE; all failures become 0x80 in MQTT 3. */
  reasons: number[]
  properties?: Properties
}

export interface Unsuback {
  type: 'unsuback'
  packetId: number
  /** One for each filter; empty in MQTT 3. */
  reasons: number[]
  properties?: Properties
}

export interface Ping {
  type: 'pingreq' | 'pingresp'
}

/** `disconnect`, or the `auth` of MQTT 5. */
export interface Reasoned {
  type: 'disconnect' | 'auth'
  reason: number
  properties?: Properties
}

export type Packet = Connect | Connack | Publish | Ack | Subscribe | Suback | Unsubscribe | Unsuback | Ping | Reasoned
