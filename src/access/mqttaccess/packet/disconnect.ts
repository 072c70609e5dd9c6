import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import { malformed, protocolError, silently } from './malformed.ts'
import type { Ping, Reasoned } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkReason } from './reasons.ts'
import { AUTH, DISCONNECT, PINGREQ, PINGRESP, TYPE_OF } from './types.ts'

/** DISCONNECT (§3.14) and AUTH (§3.15): nothing at all stands for reason 0; MQTT 3 has nothing but that. */
export const reasoned: Codec<Reasoned> = {
  read(cursor, first, rules) {
    const code = first >> 4
    const packet: Reasoned = { type: code === AUTH ? 'auth' : 'disconnect', reason: 0 }
    if (rules.version < 5 || cursor.left === 0) {
      cursor.done(packet.type.toUpperCase())
      return packet
    }
    packet.reason = cursor.u8('the reason code')
    // a peer that leaves is let go, whatever it says
    if (code === AUTH) checkReason(packet.reason, code)
    const properties = cursor.left > 0 ? readPropertyList(cursor, placeOf(code), rules) : undefined
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
    if (packet.properties || code === AUTH) return 1 + listSize(packet.properties, placeOf(code), version)
    return packet.reason === 0 ? 0 : 1
  },

  put(target, at, packet, version) {
    const { code } = TYPE_OF[packet.type]
    const empty = packet.reason === 0 && !packet.properties && code === DISCONNECT
    if (version < 5 || empty) return at
    target[at++] = packet.reason
    return packet.properties || code === AUTH ? putList(target, at, packet.properties, placeOf(code), version) : at
  },
}

/** PINGREQ and PINGRESP: §3.12, §3.13. Empty. */
export const ping: Codec<Ping> = {
  read: (_cursor, first) => ({ type: first >> 4 === PINGREQ ? 'pingreq' : 'pingresp' }),
  size: () => 0,
  put: (_target, at) => at,
}

/** Refuses a PINGREQ or PINGRESP with a body, whoever sent it. @throws {MalformedPacket} silent */
export function checkPing(first: number, size: number): void {
  const type = first >> 4
  if (size === 0 || (type !== PINGREQ && type !== PINGRESP)) return
  silently(() => {
    throw malformed(`${size} bytes too many in PINGREQ or PINGRESP`)
  })
}
