import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import { protocolError } from './malformed.ts'
import type { Ack } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkPacketId, putU16 } from './put.ts'
import { checkReason } from './reasons.ts'
import { PUBACK, TYPE_OF } from './types.ts'

/**
 * PUBACK, PUBREC, PUBREL, PUBCOMP: §3.4…3.7. In MQTT 5 a length of 2 stands for reason 0, one of 3 for no properties.
 */
export const ack: Codec<Ack> = {
  read(cursor, first, rules) {
    const code = first >> 4
    const packet: Ack = { type: NAMES[code - PUBACK]!, packetId: cursor.u16('the packet identifier'), reason: 0 }
    if (packet.packetId === 0) throw protocolError('packet identifier 0 [MQTT-2.2.1-3]')
    if (rules.version === 5 && cursor.left > 0) packet.reason = checkReason(cursor.u8('the reason code'), code)
    const properties = cursor.left > 0 ? readPropertyList(cursor, placeOf(code), rules) : undefined
    cursor.done(packet.type.toUpperCase())
    return withProperties(packet, properties)
  },

  size(packet, version) {
    checkPacketId(packet.packetId)
    if (version < 5) return 2
    checkReason(packet.reason, TYPE_OF[packet.type].code)
    if (packet.properties) return 3 + listSize(packet.properties, placeOf(TYPE_OF[packet.type].code), version)
    return packet.reason === 0 ? 2 : 3
  },

  put(target, at, packet, version) {
    at = putU16(target, at, packet.packetId)
    if (version < 5 || (packet.reason === 0 && !packet.properties)) return at
    target[at++] = packet.reason
    return packet.properties ? putList(target, at, packet.properties, placeOf(TYPE_OF[packet.type].code), version) : at
  },
}

const NAMES = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const

/** Most bytes that {@link writeAck} writes. */
export const ACK_ROOM = 5

/**
 * Writes a PUBACK (4), PUBREC (5), PUBREL (6) or PUBCOMP (7) without properties, checking nothing: for gathering many in
 * one write. `reason` other than 0 needs MQTT 5. Room for {@link ACK_ROOM} bytes is the caller's care.
 * @returns the offset behind it
 */
export function writeAck(target: Uint8Array, at: number, type: number, packetId: number, reason = 0): number {
  target[at] = type === 6 ? 0x62 : type << 4
  target[at + 2] = packetId >>> 8
  target[at + 3] = packetId
  if (reason === 0) {
    target[at + 1] = 2
    return at + 4
  }
  target[at + 1] = 3
  target[at + 4] = reason
  return at + 5
}
