import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import type { Cursor } from './cursor.ts'
import { malformed, protocolError } from './malformed.ts'
import type { Suback, Unsuback } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkPacketId, putU16 } from './put.ts'
import { checkReason } from './reasons.ts'
import type { Rules } from './rules.ts'
import { SUBACK, UNSUBACK } from './types.ts'

/** SUBACK: §3.9. MQTT 3 knows the granted QoS and 0x80. */
export const suback: Codec<Suback> = {
  read: (cursor, _first, rules) => {
    const packet: Suback = { type: 'suback', packetId: cursor.u16('the packet identifier'), reasons: [] }
    const properties = readPropertyList(cursor, placeOf(SUBACK), rules)
    packet.reasons = readReasons(cursor, SUBACK, rules)
    return withProperties(packet, properties)
  },

  size(packet, version) {
    checkPacketId(packet.packetId)
    for (const reason of packet.reasons) checkReason(reason, SUBACK)
    return 2 + listSize(packet.properties, placeOf(SUBACK), version) + packet.reasons.length
  },

  put(target, at, packet, version) {
    at = putU16(target, at, packet.packetId)
    at = putList(target, at, packet.properties, placeOf(SUBACK), version)
    for (const reason of packet.reasons) target[at++] = version < 5 && reason > 2 ? 0x80 : reason
    return at
  },
}

/** UNSUBACK: §3.11. MQTT 3 has the packet identifier only. */
export const unsuback: Codec<Unsuback> = {
  read: (cursor, _first, rules) => {
    const packet: Unsuback = { type: 'unsuback', packetId: cursor.u16('the packet identifier'), reasons: [] }
    const properties = readPropertyList(cursor, placeOf(UNSUBACK), rules)
    if (rules.version === 5) packet.reasons = readReasons(cursor, UNSUBACK, rules)
    cursor.done('UNSUBACK')
    return withProperties(packet, properties)
  },

  size(packet, version) {
    checkPacketId(packet.packetId)
    if (version < 5) return 2
    for (const reason of packet.reasons) checkReason(reason, UNSUBACK)
    return 2 + listSize(packet.properties, placeOf(UNSUBACK), version) + packet.reasons.length
  },

  put(target, at, packet, version) {
    at = putU16(target, at, packet.packetId)
    if (version < 5) return at
    at = putList(target, at, packet.properties, placeOf(UNSUBACK), version)
    for (const reason of packet.reasons) target[at++] = reason
    return at
  },
}

function readReasons(cursor: Cursor, type: number, rules: Rules): number[] {
  if (cursor.left === 0) throw malformed('no reason code for any topic filter [MQTT-3.9.3-1, MQTT-3.11.3-1]')
  const reasons: number[] = []
  while (cursor.left > 0) reasons.push(readReason(cursor.u8('a reason code'), type, rules))
  return reasons
}

function readReason(code: number, type: number, rules: Rules): number {
  if (rules.version < 5 && code > 2 && code !== 0x80) throw protocolError('a reserved SUBACK return code [MQTT-3.9.3-2]')
  return checkReason(code, type)
}
