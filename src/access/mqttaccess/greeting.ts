/** What a device that comes in is sent: CONNACK, and the clock where it can take it (docs/device-protocol.md §5). */
import { CALL_HEADER, encodeCommand } from '#protocol/frames.ts'
import { GATEWAY, UNIVERSAL_PRIORITY, universalCommand } from '#protocol/universal.ts'
import type { Limits, Session } from './node.ts'
import { encodePacket } from './packet/packet.ts'
import type { Version } from './packet/types.ts'

const UINT64 = 10
const TIME_AT = 1
const TOKEN_AT = 9
/** The value of the command's one parameter stands behind its type. */
const VALUE_AT = CALL_HEADER + 2

const connack = (sessionPresent: boolean) => encodePacket({ type: 'connack', sessionPresent, reason: 0 }, 4)
const plain = { fresh: connack(false), present: connack(true) }

/** Command 65531 at QoS 0 (a clock that comes late is wrong anyway); time and token are still to be filled in. */
function clockPacket(version: Version): { bytes: Uint8Array; frameAt: number } {
  const call = { subDevice: GATEWAY, no: universalCommand.setClock, priority: UNIVERSAL_PRIORITY, values: [0n], types: [UINT64] }
  const payload = encodeCommand(call)
  const bytes = encodePacket({ type: 'publish', topic: 'c', payload, qos: 0, dup: false, retain: false, packetId: 0 }, version)
  return { bytes, frameAt: bytes.length - payload.length }
}
const clocks = { 3: clockPacket(3), 4: clockPacket(4), 5: clockPacket(5) }

/** The octets to send: CONNACK, with the clock behind it but for binary firmware and devices that do not speak our frames. */
export function welcome(c: Session, sessionPresent: boolean, limits: Limits): Uint8Array {
  const first = c.dialect.version === 5 ? connackFive(sessionPresent, limits) : sessionPresent ? plain.present : plain.fresh
  return c.dialect.paced || c.frameFlags !== 0 ? first : withClock(first, c)
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

function withClock(first: Uint8Array, c: Session): Uint8Array {
  const { bytes, frameAt } = clocks[c.dialect.version]
  const out = Buffer.allocUnsafe(first.length + bytes.length)
  out.set(first)
  out.set(bytes, first.length)
  const frame = first.length + frameAt
  out.set(c.token, frame + TOKEN_AT)
  const now = BigInt(c.node.now())
  out.writeBigUInt64BE(now, frame + TIME_AT)
  out.writeBigUInt64BE(now, frame + VALUE_AT)
  return out
}
