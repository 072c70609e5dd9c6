import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import { protocolError } from './malformed.ts'
import type { Ping, Reasoned } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkReason } from './reasons.ts'
import { AUTH, DISCONNECT, TYPE_OF } from './types.ts'

/** DISCONNECT (§3.14) and AUTH (§3.15): nothing at all stands for reason 0; MQTT 3 has nothing but that. */
export const reasoned: Codec<Reasoned> = {
  read(cursor, first, rules) {
    const code = first >> 4
    const packet: Reasoned = { type: code === AUTH ? 'auth' : 'disconnect', reason: 0 }
    if (rules.version < 5 || cursor.left === 0) {
      cursor.done(packet.type.toUpperCase())
      return packet
    }
    packet.reason = checkReason(cursor.u8('the reason code'), code)
    // only DISCONNECT may leave out the length of its properties alone (§3.14.2.2.1)
    const properties = cursor.left > 0 || code === AUTH ? readPropertyList(cursor, placeOf(code), rules) : undefined
    if (rules.from === 'server' && code === DISCONNECT && properties?.sessionExpiryInterval !== undefined) {
      throw protocolError('a server set a session expiry [MQTT-3.14.2-2]')
    }
    cursor.done(packet.type.toUpperCase())
    return withProperties(packet, properties)
  },

  size(packet, version) {
    if (version < 5) return 0
    const { code } = TYPE_OF[packet.type]
    checkReason(packet.reason, code)
    // an AUTH in full even where it may be empty: common clients can't read the empty one
    if (packet.properties || code === AUTH) return 1 + listSize(packet.properties, code, version)
    return packet.reason === 0 ? 0 : 1
  },

  put(target, at, packet, version) {
    const { code } = TYPE_OF[packet.type]
    const empty = packet.reason === 0 && !packet.properties && code === DISCONNECT
    if (version < 5 || empty) return at
    target[at++] = packet.reason
    return packet.properties || code === AUTH ? putList(target, at, packet.properties, code, version) : at
  },
}

/** PINGREQ and PINGRESP: §3.12, §3.13. Empty. */
export const ping: Codec<Ping> = {
  read(cursor, first) {
    const packet: Ping = { type: first >> 4 === TYPE_OF.pingreq.code ? 'pingreq' : 'pingresp' }
    cursor.done(packet.type.toUpperCase())
    return packet
  },
  size: () => 0,
  put: (_target, at) => at,
}
