import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import { malformed, protocolError } from './malformed.ts'
import type { Connack } from './packets.ts'
import { placeOf } from './properties.ts'
import { checkReason, reasonOfReturnCode, returnCodeOf } from './reasons.ts'
import { CONNACK } from './types.ts'

/** CONNACK: §3.2. MQTT 3 carries a return code of its own numbering. */
export const connack: Codec<Connack> = {
  read(cursor, _first, rules) {
    const flags = cursor.u8('the connect acknowledge flags')
    if (flags > 1) throw malformed('reserved connect acknowledge flags are set [MQTT-3.2.2-1]')
    const code = cursor.u8('the reason code')
    const reason = rules.version < 5 ? reasonOfReturnCode(code) : checkReason(code, CONNACK)
    if (flags === 1 && reason !== 0) throw protocolError('a session is present in a refusal [MQTT-3.2.2-6]')
    const properties = readPropertyList(cursor, placeOf(CONNACK), rules)
    cursor.done('CONNACK')
    return withProperties<Connack>({ type: 'connack', sessionPresent: flags === 1, reason }, properties)
  },

  size(packet, version) {
    if (version === 5) checkReason(packet.reason, CONNACK)
    return 2 + listSize(packet.properties, placeOf(CONNACK), version)
  },

  put(target, at, packet, version) {
    // MQTT 3.1 reserves the byte
    target[at++] = version > 3 && packet.sessionPresent && packet.reason === 0 ? 1 : 0
    target[at++] = version < 5 ? returnCodeOf(packet.reason) : packet.reason
    return putList(target, at, packet.properties, placeOf(CONNACK), version)
  },
}
