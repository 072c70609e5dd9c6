import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import type { Cursor } from './cursor.ts'
import { MalformedPacket, malformed } from './malformed.ts'
import type { Subscribe, Subscription, Unsubscribe } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkPacketId, putText, putU16, textFieldSize } from './put.ts'
import type { Rules } from './rules.ts'
import { checkShared, checkTopicFilter, isShared } from './topic.ts'
import { type Qos, SUBSCRIBE, UNSUBSCRIBE, type Version } from './types.ts'
import { decodeText } from './utf8.ts'

/** SUBSCRIBE: §3.8. */
export const subscribe: Codec<Subscribe> = {
  read(cursor, _first, rules) {
    const packetId = readPacketId(cursor)
    const properties = readPropertyList(cursor, placeOf(SUBSCRIBE), rules)
    if (cursor.left === 0) throw malformed('SUBSCRIBE without a topic filter [MQTT-3.8.3-2]')
    const subscriptions: Subscription[] = []
    while (cursor.left > 0) {
      if (subscriptions.length === rules.limits.filters) throw tooMany(rules)
      subscriptions.push(readSubscription(cursor, rules))
    }
    return withProperties<Subscribe>({ type: 'subscribe', packetId, subscriptions }, properties)
  },

  size(packet, version) {
    checkPacketId(packet.packetId)
    const filters = packet.subscriptions.reduce((sum, s) => sum + textFieldSize(s.filter) + 1, 0)
    return 2 + listSize(packet.properties, placeOf(SUBSCRIBE), version) + filters
  },

  put(target, at, packet, version) {
    at = putU16(target, at, packet.packetId)
    at = putList(target, at, packet.properties, placeOf(SUBSCRIBE), version)
    for (const subscription of packet.subscriptions) {
      at = putText(target, at, subscription.filter)
      target[at++] = optionsOf(subscription, version)
    }
    return at
  },
}

/** UNSUBSCRIBE: §3.10. */
export const unsubscribe: Codec<Unsubscribe> = {
  read(cursor, _first, rules) {
    const packetId = readPacketId(cursor)
    const properties = readPropertyList(cursor, placeOf(UNSUBSCRIBE), rules)
    if (cursor.left === 0) throw malformed('UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2]')
    const filters: string[] = []
    while (cursor.left > 0) {
      if (filters.length === rules.limits.filters) throw tooMany(rules)
      const start = readFilter(cursor, rules)
      if (rules.version === 5 && isShared(cursor.bytes, start, cursor.at)) checkShared(cursor.bytes, start, cursor.at, false)
      filters.push(decodeText(cursor.bytes, start, cursor.at))
    }
    return withProperties<Unsubscribe>({ type: 'unsubscribe', packetId, filters }, properties)
  },

  size(packet, version) {
    checkPacketId(packet.packetId)
    const filters = packet.filters.reduce((sum, filter) => sum + textFieldSize(filter), 0)
    return 2 + listSize(packet.properties, placeOf(UNSUBSCRIBE), version) + filters
  },

  put(target, at, packet, version) {
    at = putU16(target, at, packet.packetId)
    at = putList(target, at, packet.properties, placeOf(UNSUBSCRIBE), version)
    for (const filter of packet.filters) at = putText(target, at, filter)
    return at
  },
}

function readPacketId(cursor: Cursor): number {
  const packetId = cursor.u16('the packet identifier')
  if (packetId === 0) throw malformed('packet identifier 0 [MQTT-2.2.1-3]')
  return packetId
}

function readFilter(cursor: Cursor, rules: Rules): number {
  const start = cursor.prefixed('a topic filter')
  checkTopicFilter(cursor.bytes, start, cursor.at, rules.limits)
  return start
}

function readSubscription(cursor: Cursor, rules: Rules): Subscription {
  const start = readFilter(cursor, rules)
  const end = cursor.at
  const options = cursor.u8('the subscription options')
  const subscription = readOptions(options, rules.version)
  if (rules.version === 5 && isShared(cursor.bytes, start, end)) checkShared(cursor.bytes, start, end, subscription.noLocal)
  subscription.filter = decodeText(cursor.bytes, start, end)
  return subscription
}

function readOptions(options: number, version: Version): Subscription {
  const qos = options & 3
  if (qos === 3) throw malformed('a subscription asks for QoS 3 [MQTT-3.8.3-4]')
  // the upper bits are unused in MQTT 3.1, reserved in 3.1.1 and filled but for two in MQTT 5
  if (version === 4 && options > 2) throw malformed('reserved bits of the requested QoS are set [MQTT-3-8.3-4]')
  const five = version === 5 ? options : 0
  if ((five & 0xc0) !== 0) throw malformed('reserved subscription options are set [MQTT-3.8.3-5]')
  const retainHandling = (five >> 4) & 3
  if (retainHandling === 3) throw malformed('Retain Handling is 3 (§3.8.3.1)')
  return {
    filter: '',
    qos: qos as Qos,
    noLocal: (five & 4) !== 0,
    retainAsPublished: (five & 8) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  }
}

function optionsOf({ qos, noLocal, retainAsPublished, retainHandling }: Subscription, version: Version): number {
  if (version < 5) return qos
  return qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4)
}

const tooMany = (rules: Rules) => new MalformedPacket(0x97, `more than ${rules.limits.filters} topic filters in one packet`)
