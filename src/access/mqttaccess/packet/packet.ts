import { ack } from './acks.ts'
import type { Codec } from './codec.ts'
import { connack } from './connack.ts'
import { connect } from './connect.ts'
import { Cursor } from './cursor.ts'
import { checkPing, ping, reasoned } from './disconnect.ts'
import { malformed, protocolError } from './malformed.ts'
import type { Packet, Publish } from './packets.ts'
import { publish, publishFirst } from './publish.ts'
import type { Rules } from './rules.ts'
import { suback, unsuback } from './suback.ts'
import { subscribe, unsubscribe } from './subscribe.ts'
import { AUTH, CONNECT, PACKET_TYPES, type PacketName, type PacketType, PUBLISH, TYPE_OF, type Version } from './types.ts'
import { MAX_VARINT, varintSize, writeVarint } from './varint.ts'

const CODECS = {
  connect,
  connack,
  publish,
  puback: ack,
  pubrec: ack,
  pubrel: ack,
  pubcomp: ack,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq: ping,
  pingresp: ping,
  disconnect: reasoned,
  auth: reasoned,
} satisfies Record<PacketName, unknown>

const codecOf = (name: PacketName) => CODECS[name] as unknown as Codec<Packet>

/**
 * The packet whose first byte is `first` and whose body is `bytes[start, end)`. Nothing in it points into `bytes`.
 * @throws {MalformedPacket} and nothing else
 */
export function decodePacket(bytes: Uint8Array, first: number, start: number, end: number, rules: Rules): Packet {
  checkPing(first, end - start)
  const type = checkFirst(first, rules)
  return codecOf(type.name).read(new Cursor(bytes, start, end, rules.limits.strictText), first, rules)
}

/** Type, direction and fixed flags of a packet. @throws {MalformedPacket} */
export function checkFirst(first: number, rules: Rules): PacketType {
  const type = PACKET_TYPES[first >> 4]
  if (type === undefined) throw protocolError('packet type 0 (§2.1.2)')
  if (type.since > rules.version) throw protocolError(`${type.name.toUpperCase()} does not exist in this version (§2.1.2)`)
  if (type.from !== 'both' && type.from !== rules.from) {
    throw protocolError(`${type.name.toUpperCase()} from a ${rules.from} (§2.1.2)`)
  }
  // CONNECT looks at its flags once it knows its version; MQTT 3.1 gives DUP and QoS to all packets and uses few
  const free = type.code === PUBLISH || type.code === CONNECT || rules.version === 3
  if (!free && (first & 0x0f) !== type.flags) {
    throw (type.code === AUTH ? protocolError : malformed)('flags of the fixed header are wrong [MQTT-2.1.3-1]')
  }
  return type
}

/** Bytes of the whole packet. @throws {MalformedPacket} a value that MQTT can't carry */
export function packetSize(packet: Packet, version: Version): number {
  const size = bodySize(packet, version)
  return 1 + varintSize(size) + size
}

function bodySize(packet: Packet, version: Version): number {
  const size = codecOf(packet.type).size(packet, version)
  if (size > MAX_VARINT) throw malformed(`a packet of ${size} bytes (§1.5.5)`)
  return size
}

/**
 * Writes a packet at `at`.
 * @returns the offset behind it, or -1 if it does not fit: then nothing is written
 * @throws {MalformedPacket} a value that MQTT can't carry
 */
export function writePacket(target: Uint8Array, at: number, packet: Packet, version: Version): number {
  const size = bodySize(packet, version)
  if (at + 1 + varintSize(size) + size > target.length) return -1
  target[at] = firstOf(packet)
  return codecOf(packet.type).put(target, writeVarint(target, at + 1, size), packet, version)
}

/** A packet in a buffer of its own. CONNECT is written in its own version. @throws {MalformedPacket} */
export function encodePacket(packet: Packet, version: Version): Uint8Array {
  const target = new Uint8Array(packetSize(packet, version))
  writePacket(target, 0, packet, version)
  return target
}

function firstOf(packet: Packet): number {
  if (packet.type === 'publish') return publishFirst(packet satisfies Publish)
  const { code, flags } = TYPE_OF[packet.type]
  return (code << 4) | flags
}
