import { type Codec, listSize, putList, withProperties } from './codec.ts'
import { copyBytes } from './cursor.ts'
import { malformed, protocolError } from './malformed.ts'
import type { Publish } from './packets.ts'
import { DELIVERY, type Properties, placeOf, TOPIC_ALIAS } from './properties.ts'
import { buildProperties, checkProperties, findProperty } from './properties-read.ts'
import { checkPacketId, putText, putU16, textFieldSize } from './put.ts'
import type { Rules } from './rules.ts'
import { checkTopicName } from './topic.ts'
import { PUBLISH, type Qos } from './types.ts'
import { decodeText } from './utf8.ts'
import { readVarint, varintSize } from './varint.ts'

/** Where the fields of a PUBLISH lie in its buffer, as offsets `[start, end)`. One object serves all packets. */
export interface PublishFields {
  qos: Qos
  dup: boolean
  retain: boolean
  topicStart: number
  topicEnd: number
  /** 0 with QoS 0. */
  packetId: number
  /** 0 = none. */
  topicAlias: number
  propsStart: number
  propsEnd: number
  payloadStart: number
  payloadEnd: number
}

export const publishFields = (): PublishFields => ({
  qos: 0,
  dup: false,
  retain: false,
  topicStart: 0,
  topicEnd: 0,
  packetId: 0,
  topicAlias: 0,
  propsStart: 0,
  propsEnd: 0,
  payloadStart: 0,
  payloadEnd: 0,
})

const UP = placeOf(PUBLISH)
const DOWN = UP | placeOf(DELIVERY)

/**
 * Reads and checks a PUBLISH (§3.3) whose body is `bytes[start, end)`, making nothing: the hot path.
 * With MQTT 5 an empty topic is left to the caller if an alias stands for it.
 * @param first the first byte of the packet
 * @throws {MalformedPacket}
 */
export function parsePublish(
  bytes: Uint8Array,
  first: number,
  start: number,
  end: number,
  rules: Rules,
  into: PublishFields,
): void {
  const qos = (first >> 1) & 3
  if (qos === 3) throw malformed('QoS is 3 [MQTT-3.3.1-4]')
  // MQTT 3.1 does not forbid it
  if (first === 0x38 || first === 0x39) refuseDup(rules)
  if (end - start < 2) throw cut('the topic name')
  const topicStart = start + 2
  const topicEnd = topicStart + ((bytes[start]! << 8) | bytes[start + 1]!)
  if (topicEnd > end) throw cut('the topic name')
  let at = topicEnd
  into.packetId = 0
  if (qos !== 0) {
    if (at + 2 > end) throw cut('the packet identifier')
    if ((into.packetId = (bytes[at]! << 8) | bytes[at + 1]!) === 0) throw protocolError('packet identifier 0 [MQTT-2.2.1-3]')
    at += 2
  }
  into.qos = qos as Qos
  into.dup = (first & 8) !== 0
  into.retain = (first & 1) !== 0
  into.topicStart = topicStart
  into.topicEnd = topicEnd
  into.topicAlias = 0
  into.propsStart = into.propsEnd = at
  if (rules.version === 5) parseProperties(bytes, at, end, rules, into)
  if (topicStart !== topicEnd || into.topicAlias === 0) checkTopicName(bytes, topicStart, topicEnd, rules.limits)
  into.payloadStart = into.propsEnd
  into.payloadEnd = end
}

function parseProperties(bytes: Uint8Array, at: number, end: number, rules: Rules, into: PublishFields): void {
  const size = readVarint(bytes, at, end)
  into.propsStart = at + varintSize(size)
  into.propsEnd = into.propsStart + size
  if (size === 0) return
  if (into.propsEnd > end) throw cut('the properties')
  checkProperties(bytes, into.propsStart, into.propsEnd, rules.from === 'client' ? UP : DOWN, rules)
  const alias = findProperty(bytes, into.propsStart, into.propsEnd, TOPIC_ALIAS)
  if (alias >= 0) into.topicAlias = (bytes[alias]! << 8) | bytes[alias + 1]!
}

function refuseDup(rules: Rules): void {
  if (rules.version > 3) throw malformed('DUP is set with QoS 0 [MQTT-3.3.1-2]')
}

const cut = (what: string) => malformed(`the packet ends within ${what}`)

/** The properties of a parsed PUBLISH; `undefined` if there are none. */
export const publishProperties = (bytes: Uint8Array, fields: PublishFields): Properties | undefined =>
  buildProperties(bytes, fields.propsStart, fields.propsEnd)

/** PUBLISH as a value: for clients, tools and all that is not the hot path. */
export const publish: Codec<Publish> = {
  read(cursor, first, rules) {
    const fields = publishFields()
    const { bytes } = cursor
    parsePublish(bytes, first, cursor.at, cursor.end, rules, fields)
    cursor.at = cursor.end
    const packet: Publish = {
      type: 'publish',
      topic: decodeText(bytes, fields.topicStart, fields.topicEnd),
      payload: copyBytes(bytes, fields.payloadStart, fields.payloadEnd),
      qos: fields.qos,
      dup: fields.dup,
      retain: fields.retain,
      packetId: fields.packetId,
    }
    return withProperties(packet, publishProperties(bytes, fields))
  },

  size(packet, version) {
    if (packet.qos > 0) checkPacketId(packet.packetId)
    const head = textFieldSize(packet.topic) + (packet.qos > 0 ? 2 : 0)
    return head + listSize(packet.properties, DOWN, version) + packet.payload.length
  },

  put(target, at, packet, version) {
    at = putText(target, at, packet.topic)
    if (packet.qos > 0) at = putU16(target, at, packet.packetId)
    at = putList(target, at, packet.properties, DOWN, version)
    target.set(packet.payload, at)
    return at + packet.payload.length
  },
}

/** First byte of a PUBLISH. */
export const publishFirst = ({ qos, dup, retain }: Publish): number =>
  (PUBLISH << 4) | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
