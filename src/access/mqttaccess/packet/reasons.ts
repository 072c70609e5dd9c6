import { protocolError } from './malformed.ts'
import { AUTH, CONNACK, DISCONNECT, PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, UNSUBACK } from './types.ts'

/** One row of MQTT 5.0 §2.4, table 2-6. */
export interface Reason {
  readonly code: number
  readonly name: string
  /** Packet types that may carry it. */
  readonly in: readonly number[]
}

const MESSAGE_ACKS = [PUBACK, PUBREC]
const SUBSCRIPTION_ACKS = [SUBACK, UNSUBACK]

/** All reason codes; 0 reads differently in each packet and stands here once. */
export const REASONS: readonly Reason[] = [
  { code: 0x00, name: 'Success', in: [CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH] },
  { code: 0x01, name: 'Granted QoS 1', in: [SUBACK] },
  { code: 0x02, name: 'Granted QoS 2', in: [SUBACK] },
  { code: 0x04, name: 'Disconnect with Will Message', in: [DISCONNECT] },
  { code: 0x10, name: 'No matching subscribers', in: MESSAGE_ACKS },
  { code: 0x11, name: 'No subscription existed', in: [UNSUBACK] },
  { code: 0x18, name: 'Continue authentication', in: [AUTH] },
  { code: 0x19, name: 'Re-authenticate', in: [AUTH] },
  { code: 0x80, name: 'Unspecified error', in: [CONNACK, ...MESSAGE_ACKS, ...SUBSCRIPTION_ACKS, DISCONNECT] },
  { code: 0x81, name: 'Malformed Packet', in: [CONNACK, DISCONNECT] },
  { code: 0x82, name: 'Protocol Error', in: [CONNACK, DISCONNECT] },
  { code: 0x83, name: 'Implementation specific error', in: [CONNACK, ...MESSAGE_ACKS, ...SUBSCRIPTION_ACKS, DISCONNECT] },
  { code: 0x84, name: 'Unsupported Protocol Version', in: [CONNACK] },
  { code: 0x85, name: 'Client Identifier not valid', in: [CONNACK] },
  { code: 0x86, name: 'Bad User Name or Password', in: [CONNACK] },
  { code: 0x87, name: 'Not authorized', in: [CONNACK, ...MESSAGE_ACKS, ...SUBSCRIPTION_ACKS, DISCONNECT] },
  { code: 0x88, name: 'Server unavailable', in: [CONNACK] },
  { code: 0x89, name: 'Server busy', in: [CONNACK, DISCONNECT] },
  { code: 0x8a, name: 'Banned', in: [CONNACK] },
  { code: 0x8b, name: 'Server shutting down', in: [DISCONNECT] },
  { code: 0x8c, name: 'Bad authentication method', in: [CONNACK, DISCONNECT] },
  { code: 0x8d, name: 'Keep Alive timeout', in: [DISCONNECT] },
  { code: 0x8e, name: 'Session taken over', in: [DISCONNECT] },
  { code: 0x8f, name: 'Topic Filter invalid', in: [...SUBSCRIPTION_ACKS, DISCONNECT] },
  { code: 0x90, name: 'Topic Name invalid', in: [CONNACK, ...MESSAGE_ACKS, DISCONNECT] },
  { code: 0x91, name: 'Packet Identifier in use', in: [...MESSAGE_ACKS, ...SUBSCRIPTION_ACKS] },
  { code: 0x92, name: 'Packet Identifier not found', in: [PUBREL, PUBCOMP] },
  { code: 0x93, name: 'Receive Maximum exceeded', in: [DISCONNECT] },
  { code: 0x94, name: 'Topic Alias invalid', in: [DISCONNECT] },
  { code: 0x95, name: 'Packet too large', in: [CONNACK, DISCONNECT] },
  { code: 0x96, name: 'Message rate too high', in: [DISCONNECT] },
  { code: 0x97, name: 'Quota exceeded', in: [CONNACK, ...MESSAGE_ACKS, SUBACK, DISCONNECT] },
  { code: 0x98, name: 'Administrative action', in: [DISCONNECT] },
  { code: 0x99, name: 'Payload format invalid', in: [CONNACK, ...MESSAGE_ACKS, DISCONNECT] },
  { code: 0x9a, name: 'Retain not supported', in: [CONNACK, DISCONNECT] },
  { code: 0x9b, name: 'QoS not supported', in: [CONNACK, DISCONNECT] },
  { code: 0x9c, name: 'Use another server', in: [CONNACK, DISCONNECT] },
  { code: 0x9d, name: 'Server moved', in: [CONNACK, DISCONNECT] },
  { code: 0x9e, name: 'Shared Subscriptions not supported', in: [SUBACK, DISCONNECT] },
  { code: 0x9f, name: 'Connection rate exceeded', in: [CONNACK, DISCONNECT] },
  { code: 0xa0, name: 'Maximum connect time', in: [DISCONNECT] },
  { code: 0xa1, name: 'Subscription Identifiers not supported', in: [SUBACK, DISCONNECT] },
  { code: 0xa2, name: 'Wildcard Subscriptions not supported', in: [SUBACK, DISCONNECT] },
]

/** For each code, the set of packet types that may carry it, one bit each. */
const PLACES = new Uint16Array(256)
for (const reason of REASONS) for (const type of reason.in) PLACES[reason.code]! |= 1 << type

/** The reason code, if this packet type may carry it. @throws {MalformedPacket} 0x82 */
export function checkReason(code: number, type: number): number {
  if (((PLACES[code] ?? 0) & (1 << type)) === 0) throw protocolError(`reason code 0x${code.toString(16)} in this packet (§2.4)`)
  return code
}

/** The name of a reason code, for texts and logs. */
export const reasonName = (code: number): string => REASONS.find((r) => r.code === code)?.name ?? `0x${code.toString(16)}`

/** CONNACK return codes of MQTT 3.1 and 3.1.1 (§3.2.2.3) at their index, as reason codes of MQTT 5. */
const RETURN_CODES = [0x00, 0x84, 0x85, 0x88, 0x86, 0x87]

/** The reason code that says what a return code said. @throws {MalformedPacket} 0x81 above 5 */
export function reasonOfReturnCode(code: number): number {
  const reason = RETURN_CODES[code]
  if (reason === undefined) throw protocolError(`CONNACK return code ${code} is reserved (3.1.1 §3.2.2.3)`)
  return reason
}

/** The return code nearest to a reason code: what has no code of its own is "server unavailable" (3). */
export function returnCodeOf(reason: number): number {
  const code = RETURN_CODES.indexOf(reason)
  if (code >= 0) return code
  return reason === 0x8a ? 5 : 3
}
