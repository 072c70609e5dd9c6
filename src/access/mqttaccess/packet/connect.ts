import { type Codec, listSize, putList, readPropertyList, withProperties } from './codec.ts'
import type { Cursor } from './cursor.ts'
import { MalformedPacket, malformed, silently } from './malformed.ts'
import type { Connect, Will } from './packets.ts'
import { placeOf, WILL } from './properties.ts'
import { binaryFieldSize, putBinary, putText, putU16, textFieldSize } from './put.ts'
import type { Rules } from './rules.ts'
import { checkTopicName } from './topic.ts'
import { CONNECT, type Qos, type Version } from './types.ts'
import { decodeText } from './utf8.ts'

const USERNAME = 0x80
const PASSWORD = 0x40
const WILL_RETAIN = 0x20
const WILL_QOS = 0x18
const WILL_FLAG = 0x04
const CLEAN = 0x02
const RESERVED = 0x01

/** Protocol names and the levels that go with them. */
const PROTOCOLS: readonly { name: readonly number[]; levels: readonly number[] }[] = [
  { name: [...'MQTT'].map((c) => c.charCodeAt(0)), levels: [4, 5] },
  { name: [...'MQIsdp'].map((c) => c.charCodeAt(0)), levels: [3] },
]

/**
 * The version that a CONNECT's body names, without reading further: 3, 4, 5, or -1 for a level that doesn't go with a
 * right name, 0 for anything else. Says how a CONNECT that could not be read may be answered: MQTT 5 gets a CONNACK with the
 * reason, a wrong level 0x84 or 0x01, all others a close.
 */
export function connectVersion(bytes: Uint8Array, start: number, end: number): Version | 0 | -1 {
  if (end - start < 7) return 0
  const size = (bytes[start]! << 8) | bytes[start + 1]!
  const protocol = PROTOCOLS.find((p) => p.name.length === size && p.name.every((c, i) => bytes[start + 2 + i] === c))
  if (!protocol || start + 2 + size >= end) return 0
  const level = bytes[start + 2 + size]!
  return protocol.levels.includes(level) ? (level as Version) : -1
}

function readVersion(cursor: Cursor): Version {
  const version = connectVersion(cursor.bytes, cursor.at, cursor.end)
  if (version === 0) throw malformed('the protocol name is neither MQTT nor MQIsdp [MQTT-3.1.2-1]')
  if (version === -1) throw new MalformedPacket(0x84, 'the protocol level does not go with its name [MQTT-3.1.2-2]')
  cursor.prefixed('the protocol name')
  cursor.u8('the protocol level')
  return version
}

/** CONNECT: MQTT 5.0 and 3.1.1 §3.1. Names its version itself; `rules.version` is not looked at. */
export const connect: Codec<Connect> = {
  read(cursor, first, { from, limits }) {
    const version = readVersion(cursor)
    const rules: Rules = { version, from, limits }
    const flags = cursor.u8('the connect flags')
    checkFlags(flags, first, version)
    const keepAlive = cursor.u16('the keep alive')
    const properties = readPropertyList(cursor, placeOf(CONNECT), rules)
    const packet: Connect = {
      type: 'connect',
      version,
      clean: (flags & CLEAN) !== 0,
      keepAlive,
      clientId: silently(() => cursor.text('the client identifier')),
    }
    if ((flags & WILL_FLAG) !== 0) packet.will = readWill(cursor, flags, rules)
    silently(() => readCredentials(cursor, flags, packet))
    cursor.done('CONNECT [MQTT-3.1.2-16…19]')
    return withProperties(packet, properties)
  },

  size(packet, version) {
    return (
      (packet.version === 3 ? 12 : 10) +
      listSize(packet.properties, placeOf(CONNECT), version) +
      textFieldSize(packet.clientId) +
      (packet.will ? willSize(packet.will, version) : 0) +
      (packet.username === undefined ? 0 : textFieldSize(packet.username)) +
      (packet.password === undefined ? 0 : binaryFieldSize(packet.password))
    )
  },

  put(target, at, packet, version) {
    at = putText(target, at, packet.version === 3 ? 'MQIsdp' : 'MQTT')
    target[at++] = packet.version
    target[at++] = flagsOf(packet)
    at = putU16(target, at, packet.keepAlive)
    at = putList(target, at, packet.properties, placeOf(CONNECT), version)
    at = putText(target, at, packet.clientId)
    if (packet.will) at = putWill(target, at, packet.will, version)
    if (packet.username !== undefined) at = putText(target, at, packet.username)
    if (packet.password !== undefined) at = putBinary(target, at, packet.password)
    return at
  },
}

function checkFlags(flags: number, first: number, version: Version): void {
  // MQTT 3.1 calls these bits unused, and its clients set them
  if (version > 3 && (first & 0x0f) !== 0) throw malformed('flags of the fixed header are not 0 [MQTT-2.2.2-1]')
  if (version > 3 && (flags & RESERVED) !== 0) throw malformed('the reserved connect flag is set [MQTT-3.1.2-3]')
  if ((flags & WILL_FLAG) === 0) {
    if ((flags & (WILL_QOS | WILL_RETAIN)) !== 0) throw malformed('Will QoS or Will Retain without a Will [MQTT-3.1.2-11]')
  } else if ((flags & WILL_QOS) === WILL_QOS) throw malformed('Will QoS is 3 [MQTT-3.1.2-12]')
}

function readWill(cursor: Cursor, flags: number, rules: Rules): Will {
  const properties = readPropertyList(cursor, placeOf(WILL), rules)
  const will: Will = {
    topic: silently(() => readTopic(cursor, rules)),
    payload: silently(() => cursor.binary('the Will Payload')),
    qos: ((flags & WILL_QOS) >> 3) as Qos,
    retain: (flags & WILL_RETAIN) !== 0,
  }
  return withProperties(will, properties)
}

function readTopic(cursor: Cursor, rules: Rules): string {
  const start = cursor.prefixed('the Will Topic')
  checkTopicName(cursor.bytes, start, cursor.at, rules.limits)
  return decodeText(cursor.bytes, start, cursor.at)
}

/**
 * User name and password. A password alone is forbidden in MQTT 3.1.1 [MQTT-3.1.2-22], but fielded devices send it, so it is
 * read in every version. MQTT 3.1 lets both be missing in spite of their flags, if the packet ends before.
 */
function readCredentials(cursor: Cursor, flags: number, packet: Connect): void {
  const missing = () => packet.version === 3 && cursor.left === 0
  if ((flags & USERNAME) !== 0 && !missing()) packet.username = cursor.text('the user name')
  if ((flags & PASSWORD) !== 0 && !missing()) packet.password = cursor.binary('the password')
}

function flagsOf(packet: Connect): number {
  const { will } = packet
  return (
    (packet.username === undefined ? 0 : USERNAME) |
    (packet.password === undefined ? 0 : PASSWORD) |
    (will ? WILL_FLAG | (will.qos << 3) | (will.retain ? WILL_RETAIN : 0) : 0) |
    (packet.clean ? CLEAN : 0)
  )
}

function willSize(will: Will, version: Version): number {
  return listSize(will.properties, placeOf(WILL), version) + textFieldSize(will.topic) + binaryFieldSize(will.payload)
}

function putWill(target: Uint8Array, at: number, will: Will, version: Version): number {
  at = putList(target, at, will.properties, placeOf(WILL), version)
  return putBinary(target, putText(target, at, will.topic), will.payload)
}
