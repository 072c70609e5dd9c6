import * as T from './types.ts'

/** Where a property list stands: a packet type, or the Will of a CONNECT. One bit each. */
export type Place = number
const at = (...types: number[]): Place => types.reduce((bits, code) => bits | (1 << code), 0)

/** The Will Properties of a CONNECT; packet type 0 does not exist, so its bit is free. */
export const WILL = 0
/** A PUBLISH on its way down: a server may put into it what a client may not. It is in the place PUBLISH too. */
export const DELIVERY = 16
export const placeOf = (type: number): Place => 1 << type

/** How a property's value is written (MQTT 5.0 §1.5). `flag` is a byte that must be 0 or 1. */
export type Kind = 'flag' | 'bit' | 'u16' | 'u32' | 'varint' | 'text' | 'binary' | 'pair'

const ACKS = [T.PUBACK, T.PUBREC, T.PUBREL, T.PUBCOMP, T.SUBACK, T.UNSUBACK]
const AUTHS = at(T.CONNECT, T.CONNACK, T.AUTH)
const MESSAGE = at(T.PUBLISH, WILL)
const CONNECTS = at(T.CONNECT, T.CONNACK)

/**
 * All properties of MQTT 5.0: §2.2.2.2, table 2-4. `many`: the places where one may stand more than once; `zero`: the reason
 * code for a 0 where a 0 is forbidden.
 */
export const PROPERTIES = [
  { id: 0x01, name: 'payloadFormatIndicator', kind: 'flag', in: MESSAGE },
  { id: 0x02, name: 'messageExpiryInterval', kind: 'u32', in: MESSAGE },
  { id: 0x03, name: 'contentType', kind: 'text', in: MESSAGE },
  { id: 0x08, name: 'responseTopic', kind: 'text', in: MESSAGE },
  { id: 0x09, name: 'correlationData', kind: 'binary', in: MESSAGE },
  { id: 0x0b, name: 'subscriptionIdentifiers', kind: 'varint', in: at(DELIVERY, T.SUBSCRIBE), many: at(DELIVERY), zero: 0x81 },
  { id: 0x11, name: 'sessionExpiryInterval', kind: 'u32', in: at(T.CONNECT, T.CONNACK, T.DISCONNECT) },
  { id: 0x12, name: 'assignedClientIdentifier', kind: 'text', in: at(T.CONNACK) },
  { id: 0x13, name: 'serverKeepAlive', kind: 'u16', in: at(T.CONNACK) },
  { id: 0x15, name: 'authenticationMethod', kind: 'text', in: AUTHS },
  { id: 0x16, name: 'authenticationData', kind: 'binary', in: AUTHS },
  { id: 0x17, name: 'requestProblemInformation', kind: 'flag', in: at(T.CONNECT) },
  { id: 0x18, name: 'willDelayInterval', kind: 'u32', in: at(WILL) },
  { id: 0x19, name: 'requestResponseInformation', kind: 'flag', in: at(T.CONNECT) },
  { id: 0x1a, name: 'responseInformation', kind: 'text', in: at(T.CONNACK) },
  { id: 0x1c, name: 'serverReference', kind: 'text', in: at(T.CONNACK, T.DISCONNECT) },
  { id: 0x1f, name: 'reasonString', kind: 'text', in: at(T.CONNACK, ...ACKS, T.DISCONNECT, T.AUTH) },
  { id: 0x21, name: 'receiveMaximum', kind: 'u16', in: CONNECTS, zero: 0x82 },
  { id: 0x22, name: 'topicAliasMaximum', kind: 'u16', in: CONNECTS },
  { id: 0x23, name: 'topicAlias', kind: 'u16', in: at(T.PUBLISH), zero: 0x94 },
  { id: 0x24, name: 'maximumQos', kind: 'bit', in: at(T.CONNACK) },
  { id: 0x25, name: 'retainAvailable', kind: 'flag', in: at(T.CONNACK) },
  {
    id: 0x26,
    name: 'userProperties',
    kind: 'pair',
    in: at(T.CONNECT, WILL, T.CONNACK, T.PUBLISH, ...ACKS, T.SUBSCRIBE, T.UNSUBSCRIBE, T.DISCONNECT, T.AUTH),
    many: ~0,
  },
  { id: 0x27, name: 'maximumPacketSize', kind: 'u32', in: CONNECTS, zero: 0x82 },
  { id: 0x28, name: 'wildcardSubscriptionAvailable', kind: 'flag', in: at(T.CONNACK) },
  { id: 0x29, name: 'subscriptionIdentifiersAvailable', kind: 'flag', in: at(T.CONNACK) },
  { id: 0x2a, name: 'sharedSubscriptionAvailable', kind: 'flag', in: at(T.CONNACK) },
] as const satisfies readonly PropertyRule[]

/** One row of the table; `in` and `many` are sets of {@link Place}. */
export interface PropertyRule {
  readonly id: number
  readonly name: string
  readonly kind: Kind
  readonly in: Place
  readonly many?: Place
  readonly zero?: number
}

interface ValueOf {
  flag: boolean
  bit: number
  u16: number
  u32: number
  varint: number[]
  text: string
  binary: Uint8Array
  pair: [name: string, value: string][]
}

type Row = (typeof PROPERTIES)[number]

/**
 * The properties of one packet, by name. Flags are booleans, Binary Data is `Uint8Array`; `subscriptionIdentifiers` and
 * `userProperties` are lists in the order of the packet. What is absent is not there.
 */
export type Properties = { [R in Row as R['name']]?: ValueOf[R['kind']] }

/** Rows by property identifier; identifiers are below 0x80, so one byte each. */
export const PROPERTY_BY_ID: readonly (PropertyRule | undefined)[] = Array.from({ length: 0x80 }, (_, id) =>
  PROPERTIES.find((row) => row.id === id),
)

export const TOPIC_ALIAS = 0x23
