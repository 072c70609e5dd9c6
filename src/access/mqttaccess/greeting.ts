/** What a device that comes in is sent: CONNACK, and the clock where it can take it (spec/device-protocol §5, §8). */
import { encodeCommand } from '#protocol/frames.ts'
import { GATEWAY, UNIVERSAL_PRIORITY, universalCommand } from '#protocol/universal.ts'
import type { Connection } from './connection.ts'
import type { Limits } from './node.ts'
import { encodePacket } from './packet/packet.ts'

const UINT64 = 10
const plain = [
  encodePacket({ type: 'connack', sessionPresent: false, reason: 0 }, 4),
  encodePacket({ type: 'connack', sessionPresent: true, reason: 0 }, 4),
]

/** The octets to send: for binary firmware CONNACK alone, for all others with the clock behind it. */
export function welcome(c: Connection, sessionPresent: boolean, limits: Limits): Uint8Array {
  const connack = c.dialect.version === 5 ? connackFive(sessionPresent, limits) : plain[sessionPresent ? 1 : 0]!
  return c.dialect.paced ? connack : Buffer.concat([connack, clock(c)])
}

function connackFive(sessionPresent: boolean, limits: Limits): Uint8Array {
  const properties = {
    receiveMaximum: Math.min(limits.maxInflight, 65_535),
    maximumPacketSize: limits.maxPacket,
    retainAvailable: false,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
  }
  return encodePacket({ type: 'connack', sessionPresent, reason: 0, properties }, 5)
}

/** Command 65531 at QoS 0: a clock that comes late is wrong anyway. */
function clock(c: Connection): Uint8Array {
  const now = c.node.now()
  const payload = encodeCommand({
    timestamp: now,
    token: c.token,
    subDevice: GATEWAY,
    no: universalCommand.setClock,
    priority: UNIVERSAL_PRIORITY,
    values: [BigInt(now)],
    types: [UINT64],
  })
  return encodePacket({ type: 'publish', topic: 'c', payload, qos: 0, dup: false, retain: false, packetId: 0 }, c.dialect.version)
}
