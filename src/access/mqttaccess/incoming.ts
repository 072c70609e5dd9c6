/** What the packets of a device mean. */
import { nobody } from '#access/shared/uplink.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { checkFrame, frameKind } from '#protocol/frames.ts'
import { reason } from '#protocol/reasons.ts'
import { clientRules, type Session } from './node.ts'
import { writeAck } from './packet/acks.ts'
import { connectVersion } from './packet/connect.ts'
import { MalformedPacket, protocolError } from './packet/malformed.ts'
import { checkFirst, decodePacket } from './packet/packet.ts'
import type { Connect } from './packet/packets.ts'
import { type PublishFields, parsePublish, publishFields } from './packet/publish.ts'
import { CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBSCRIBE, UNSUBSCRIBE } from './packet/types.ts'
import { subscribed, unsubscribed } from './subscriptions.ts'
import { TAG_NONE, TAG_QOS2, TAG_RELEASED } from './tags.ts'

const fields: PublishFields = publishFields()
const PINGRESP = Uint8Array.of(0xd0, 0)
const [S, E, D] = [115, 101, 100]
/** MQTT 5: from here on a PUBACK's reason says that the device has not taken it. */
const FAILED = 0x80

/** A packet of a device that is logged in. */
export function incoming(c: Session, b: Uint8Array, first: number, start: number, end: number): void {
  if (first >> 4 === PUBLISH) return published(c, b, first, start, end)
  const { rules } = c
  checkFirst(first, rules)
  switch (first >> 4) {
    case PINGREQ:
      if (start !== end) throw new MalformedPacket(0x81, 'PINGREQ has a body (§3.12)')
      return c.send(PINGRESP)
    case PUBACK:
      return acknowledged(c, b, first, start, end)
    case PUBREL:
      return released(c, idOf(c, b, first, start, end))
    case SUBSCRIBE:
    case UNSUBSCRIBE: {
      const packet = decodePacket(b, first, start, end, rules)
      if (packet.type === 'subscribe') subscribed(c, packet)
      if (packet.type === 'unsubscribe') unsubscribed(c, packet)
      return
    }
    case DISCONNECT:
      return disconnected(c, b, first, start, end)
    case PUBREC:
    case PUBCOMP:
      // nothing goes down at QoS 2, so there is nothing that these could answer (docs/device-protocol.md §3)
      throw protocolError('the answer to a QoS 2 message that was never sent [MQTT-4.3.3-1]')
    case CONNECT:
      throw protocolError('a second CONNECT [MQTT-3.1.0-2]')
    default:
      throw protocolError('this packet is not expected here (§4.13)')
  }
}

function published(c: Session, b: Uint8Array, first: number, start: number, end: number): void {
  const { node, rules } = c
  parsePublish(b, first, start, end, rules, fields)
  const { qos, packetId, topicStart, topicEnd, payloadStart, payloadEnd } = fields
  if (rules.version === 5) checkFive(c)
  const topic = topicEnd - topicStart === 1 ? b[topicStart]! : 0
  const event = topic === E
  let kind: 1 | 2 | 3 = event ? recordKind.event : recordKind.status
  let flags = c.frameFlags
  const foreign = flags !== 0
  if (topic === D) {
    flags |= recordFlag.topicOld
    c.oldTopic = true
  } else if (topic === S) c.oldTopic = false
  const why: number =
    topic === S || topic === D || event
      ? foreign
        ? 0
        : checkFrame(event ? frameKind.event : frameKind.status, b, payloadStart, payloadEnd)
      : reason.frame_kind_unknown
  if (why !== 0) {
    kind = recordKind.undecodable
    if (event) flags |= recordFlag.topicEvent
  }
  if (qos === 2 && !firstOfItsKind(c, packetId)) return
  if (qos === 2) flags |= recordFlag.qos2
  if (qos === 1) c.unacked++
  const tag = qos === 0 ? TAG_NONE : qos === 1 ? packetId : packetId | TAG_QOS2
  const id = qos === 2 ? packetId : 0
  node.uplink.frame(kind, why, flags, id, c, c.now, b, payloadStart, payloadEnd, qos === 0 ? nobody : c, tag)
  node.counted(kind)
  c.countMessage()
}

/** What MQTT 5 forbids by what our CONNACK has said. */
function checkFive(c: Session): void {
  if (fields.topicAlias !== 0) throw new MalformedPacket(0x94, 'a topic alias, but the maximum is 0 [MQTT-3.2.2-17]')
  if (fields.retain) throw new MalformedPacket(0x9a, 'a retained message, but there are none here [MQTT-3.2.2-14]')
  const open = c.unacked + (c.unreleased?.size ?? 0)
  if (fields.qos > 0 && open >= c.node.limits.maxInflight) {
    throw new MalformedPacket(0x93, `more than ${c.node.limits.maxInflight} messages in flight [MQTT-3.3.4-9]`)
  }
}

/**
 * A QoS 2 message that came before is answered again and not recorded again [MQTT-4.3.3-2]. While its record is not yet durable it
 * gets no answer: the record's own comes.
 */
function firstOfItsKind(c: Session, packetId: number): boolean {
  c.unreleased ??= new Set()
  if (c.unreleased.has(packetId)) {
    c.node.uplink.after(c, packetId | TAG_QOS2)
    return false
  }
  if (c.unreleased.size >= c.node.limits.maxInflight) throw new MalformedPacket(0x93, 'too many QoS 2 messages are not released')
  c.unreleased.add(packetId)
  return true
}

/** PUBREL: the id is free again, once that is recorded; then PUBCOMP. */
function released(c: Session, packetId: number): void {
  if (c.unreleased?.delete(packetId)) {
    c.node.uplink.released(packetId, c, c.node.now(), c, packetId | TAG_RELEASED)
    return
  }
  const out = new Uint8Array(5)
  c.send(out.subarray(0, writeAck(out, 0, PUBCOMP, packetId, c.dialect.version === 5 ? 0x92 : 0)))
}

function acknowledged(c: Session, b: Uint8Array, first: number, start: number, end: number): void {
  if (end - start === 2) return c.node.downlink.acknowledged(c, (b[start]! << 8) | b[start + 1]!)
  const packet = decodePacket(b, first, start, end, c.rules)
  if (packet.type === 'puback') c.node.downlink.acknowledged(c, packet.packetId, packet.reason < FAILED)
}

function idOf(c: Session, b: Uint8Array, first: number, start: number, end: number): number {
  const packet = decodePacket(b, first, start, end, c.rules)
  return 'packetId' in packet ? packet.packetId : 0
}

function disconnected(c: Session, b: Uint8Array, first: number, start: number, end: number): void {
  const packet = decodePacket(b, first, start, end, c.rules)
  // MQTT 5 §3.14.2.1: 0x04 asks for the will
  const withWill = packet.type === 'disconnect' && packet.reason === 4
  c.end(withWill ? 'closed_by_peer' : 'disconnected')
}

/** The first packet. A version that we do not speak is told so; a name that is not MQTT's gets nothing (docs/device-protocol.md §3). */
export function readConnect(c: Session, b: Uint8Array, first: number, start: number, end: number): void {
  const version = connectVersion(b, start, end)
  let connect: Connect
  try {
    connect = decodePacket(b, first, start, end, clientRules[version > 0 ? (version as 3 | 4 | 5) : 4]) as Connect
  } catch (e) {
    if (e instanceof MalformedPacket && version !== 0)
      c.node.admission.refuse(c, version === 5 ? 5 : 4, version === -1 ? 0x84 : e.reason, e.message)
    throw e
  }
  // fielded binary firmware is known by a CONNECT without user name (docs/device-protocol.md §3)
  c.asked({ version: connect.version, paced: connect.version !== 5 && connect.username === undefined })
  c.node.admission.ask(c, connect)
}
