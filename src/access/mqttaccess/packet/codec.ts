import type { Cursor } from './cursor.ts'
import type { Packet } from './packets.ts'
import type { Place, Properties } from './properties.ts'
import { buildProperties, checkProperties } from './properties-read.ts'
import { propertyListSize, putProperties } from './properties-write.ts'
import type { Rules } from './rules.ts'
import type { Version } from './types.ts'

/** How one packet type's body (what follows the fixed header) is read and written. */
export interface Codec<P extends Packet> {
  /** @throws {MalformedPacket} */
  read(cursor: Cursor, first: number, rules: Rules): P
  /** Bytes of the body. @throws {MalformedPacket} a value that MQTT can't carry */
  size(packet: P, version: Version): number
  /** Writes a body that {@link size} has measured; returns the offset behind it. */
  put(target: Uint8Array, at: number, packet: P, version: Version): number
}

/** A property list with its length. MQTT 3 has none. */
export function readPropertyList(cursor: Cursor, place: Place, rules: Rules): Properties | undefined {
  if (rules.version < 5) return undefined
  const size = cursor.varint()
  const start = cursor.take(size, 'the properties')
  checkProperties(cursor.bytes, start, cursor.at, place, rules)
  return buildProperties(cursor.bytes, start, cursor.at)
}

/** Bytes of a packet's property list; MQTT 3 has none, whatever the value holds. */
export function listSize(properties: Properties | undefined, place: Place, version: Version): number {
  return version < 5 ? 0 : propertyListSize(properties, place)
}

/** Writes what {@link listSize} has measured. */
export function putList(
  target: Uint8Array,
  at: number,
  properties: Properties | undefined,
  place: Place,
  version: Version,
): number {
  return version < 5 ? at : putProperties(target, at, properties, place)
}

/** `packet` with its properties if there are any, so that an absent list is an absent key. */
export function withProperties<P extends { properties?: Properties }>(packet: P, properties: Properties | undefined): P {
  if (properties !== undefined) packet.properties = properties
  return packet
}
