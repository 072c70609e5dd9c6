import type { Packet, Publish, Subscription, Will } from './packets.ts'
import { PROPERTIES, type Properties, placeOf, WILL } from './properties.ts'
import { REASONS } from './reasons.ts'
import { PACKET_TYPES, type PacketName, type Qos, TYPE_OF, type Version } from './types.ts'

/** Bytes written down for people: hex with blanks, and 'text' in quotes. */
export function bytes(text: string): Uint8Array {
  const parts = text.match(/'[^']*'|[0-9a-fA-F]{2}/g) ?? []
  return Uint8Array.from(
    parts.flatMap((p) => (p[0] === "'" ? [...new TextEncoder().encode(p.slice(1, -1))] : [Number(`0x${p}`)])),
  )
}

export const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')

/** A seeded generator of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Valid packets of every type and version, drawn from a seed. */
export interface Draw {
  int(max: number): number
  packet(name: PacketName, version: Version): Packet
}

const TEXTS = ['', 'a', 'status', 'größe', '温度', '\u{feff}bom', '😀', 'x'.repeat(200)]
const TOPICS = ['s', 'e', 'a/b', '/a//', '$x/y', 'größe/温度', 'l/'.repeat(20)]
const FILTERS = ['#', '+', 'a/+/b', '+/+/#', '/', 'a/b/#', 'größe/+']

export function draw(random: () => number): Draw {
  const int = (max: number) => Math.floor(random() * max)
  const pick = <T>(from: readonly T[]): T => from[int(from.length)]!
  const bool = () => random() < 0.5
  const blob = (max: number) => Uint8Array.from({ length: int(max) }, () => int(256))
  const list = <T>(max: number, one: () => T): T[] => Array.from({ length: 1 + int(max) }, one)

  const VALUES: Record<string, (zero: boolean) => unknown> = {
    flag: bool,
    bit: () => int(2),
    u16: (zero) => (zero ? 1 : 0) + int(0xffff),
    u32: (zero) => (zero ? 1 : 0) + int(0xffff_ffff),
    varint: () => list(1, () => 1 + int(pick([127, 16_000, 2_000_000, 268_435_455]))),
    text: () => pick(TEXTS),
    binary: () => blob(40),
    pair: () => list(3, () => [pick(['k', 'ключ', '']), pick(TEXTS)]),
  }

  function properties(type: number): Properties | undefined {
    const out: Record<string, unknown> = {}
    for (const row of PROPERTIES) {
      if ((row.in & placeOf(type)) === 0 || random() < 0.6) continue
      out[row.name] = row.name === 'responseTopic' ? pick(TOPICS) : VALUES[row.kind]!('zero' in row)
    }
    if (out['authenticationData'] !== undefined) out['authenticationMethod'] ??= 'm'
    return Object.keys(out).length === 0 ? undefined : (out as Properties)
  }

  const reason = (type: number) => pick(REASONS.filter((r) => r.in.includes(type))).code
  const packetId = () => 1 + int(0xffff)
  const five = (version: Version, type: number) => {
    const found = version === 5 ? properties(type) : undefined
    return found && { properties: found }
  }

  function will(version: Version): Will {
    return { topic: pick(TOPICS), payload: blob(50), qos: int(3) as Qos, retain: bool(), ...five(version, WILL) }
  }

  function subscription(version: Version): Subscription {
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const }
    const drawn = { noLocal: bool(), retainAsPublished: bool(), retainHandling: int(3) as 0 | 1 | 2 }
    return { filter: pick(FILTERS), qos: int(3) as Qos, ...(version === 5 ? drawn : options) }
  }

  function publish(version: Version): Publish {
    const qos = int(3) as Qos
    const head = { topic: pick(TOPICS), payload: blob(300), qos, dup: qos > 0 && bool(), retain: bool() }
    return { type: 'publish', ...head, packetId: qos > 0 ? packetId() : 0, ...five(version, TYPE_OF.publish.code) }
  }

  function packet(name: PacketName, version: Version): Packet {
    const type = TYPE_OF[name].code
    const common = five(version, type)
    switch (name) {
      case 'connect':
        return {
          type: 'connect',
          version,
          clean: bool(),
          keepAlive: int(65_536),
          clientId: pick(['17', 'c', '温度', 'x'.repeat(30)]),
          ...(bool() && { will: will(version) }),
          ...(bool() && { username: pick(TEXTS), ...(bool() && { password: blob(40) }) }),
          ...common,
        }
      case 'connack': {
        const code = version === 5 ? reason(type) : pick([0, 0x84, 0x85, 0x88, 0x86, 0x87])
        return { type: name, sessionPresent: version > 3 && code === 0 && bool(), reason: code, ...common }
      }
      case 'publish':
        return publish(version)
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return { type: name, packetId: packetId(), reason: version === 5 ? reason(type) : 0, ...common }
      case 'subscribe':
        return { type: name, packetId: packetId(), subscriptions: list(5, () => subscription(version)), ...common }
      case 'unsubscribe':
        return { type: name, packetId: packetId(), filters: list(5, () => pick(FILTERS)), ...common }
      case 'suback':
        return {
          type: name,
          packetId: packetId(),
          reasons: list(5, () => (version === 5 ? reason(type) : pick([0, 1, 2, 0x80]))),
          ...common,
        }
      case 'unsuback':
        return { type: name, packetId: packetId(), reasons: version === 5 ? list(5, () => reason(type)) : [], ...common }
      case 'pingreq':
      case 'pingresp':
        return { type: name }
      case 'disconnect':
      case 'auth':
        return { type: name, reason: version === 5 ? reason(type) : 0, ...common }
    }
  }
  return { int, packet }
}

/** Every packet type of a version, by name. */
export const namesOf = (version: Version): PacketName[] =>
  PACKET_TYPES.flatMap((t) => (t !== undefined && t.since <= version ? [t.name] : []))
