import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECT_LIMIT, type PacketSink, type Rest, splitPackets } from './framing.ts'
import { MalformedPacket } from './malformed.ts'
import { decodePacket, encodePacket } from './packet.ts'
import { parsePublish, publishFields, publishProperties } from './publish.ts'
import { type Rules, rulesFor } from './rules.ts'
import { draw, namesOf, seeded } from './testkit.ts'
import { PUBLISH, type Version } from './types.ts'

const COUNT = Number(process.env['MQTT_FUZZ'] ?? 1_000_000)
const VERSIONS: readonly Version[] = [3, 4, 5]
const SENDERS = [rulesFor('client'), rulesFor('server')]
// values that sit on the edges of lengths, identifiers and flags
const EDGES = [0x00, 0x01, 0x02, 0x0b, 0x23, 0x26, 0x7f, 0x80, 0xc0, 0xe0, 0xed, 0xf4, 0xff]

/** Packets to mutate, by version. */
function corpus(): Uint8Array[][] {
  const make = draw(seeded(7))
  return VERSIONS.map((version) =>
    namesOf(version).flatMap((name) => Array.from({ length: 30 }, () => encodePacket(make.packet(name, version), version))),
  )
}

/** Changes `size` bytes of `target` in place a few times; returns the new size. */
function mutate(target: Uint8Array, size: number, room: number, random: () => number): number {
  const int = (max: number) => Math.floor(random() * max)
  for (let changes = 1 + int(3); changes > 0; changes--) {
    const at = int(size)
    const kind = int(6)
    if (kind === 0) target[at]! ^= 1 << int(8)
    else if (kind === 1) target[at] = EDGES[int(EDGES.length)]!
    else if (kind === 2) target[at] = int(256)
    else if (kind === 3 && size > 2) size = Math.max(2, at)
    else if (kind === 4 && size < room) {
      target.copyWithin(at + 1, at, size)
      size++
    } else if (size > 2) {
      target.copyWithin(at, at + 1, size)
      size--
    }
  }
  return size
}

// MQTT-17
test(`${COUNT} mutated packets throw nothing but MalformedPacket and read nothing outside (B-02, B-06, R3)`, () => {
  const random = seeded(99)
  const all = corpus()
  const GUARD = 4096
  // what lies before and behind the packet must never show in a value
  const buffer = new Uint8Array(GUARD * 2).fill(0x7e)
  const fields = publishFields()
  const seen = { packets: 0, refused: 0 }
  let rules: Rules
  const sink: PacketSink = {
    packetLimit: 1 << 20,
    packet(bytes, first, start, end) {
      seen.packets++
      if (first >> 4 === PUBLISH) {
        parsePublish(bytes, first, start, end, rules, fields)
        publishProperties(bytes, fields)
        assert.ok(fields.topicStart >= start && fields.topicEnd >= fields.topicStart && fields.propsEnd >= fields.propsStart)
        assert.ok(fields.payloadStart >= fields.topicEnd && fields.payloadEnd === end && fields.payloadStart <= end)
      } else decodePacket(bytes, first, start, end, rules)
      return true
    },
  }
  for (let n = 0; n < COUNT; n++) {
    const v = n % 3
    const from = all[v]![Math.floor(random() * all[v]!.length)]!
    const start = GUARD - (n % 1000)
    buffer.set(from, start)
    const size = mutate(buffer.subarray(start), from.length, GUARD, random)
    // sometimes read by the rules of another version or sender, as a confused peer would have it
    const version = VERSIONS[n % 11 === 0 ? Math.floor(random() * 3) : v]!
    rules = SENDERS[n % 2]![version]
    try {
      splitPackets(undefined, buffer.subarray(start, start + size), sink)
    } catch (e) {
      if (!(e instanceof MalformedPacket)) throw e
      assert.ok(e.reason >= 0x81 && e.message.length > 0)
      seen.refused++
    }
  }
  assert.ok(seen.refused > COUNT / 4 && seen.packets > COUNT / 4, JSON.stringify(seen))
})

test('a packet reads the same whatever lies around it', () => {
  const random = seeded(5)
  const all = corpus()
  const read = (bytes: Uint8Array, at: number, size: number, rules: Rules) => {
    let start = at + 1
    while (start < at + size && bytes[start++]! >= 0x80);
    try {
      return decodePacket(bytes, bytes[at]!, start, at + size, rules)
    } catch (e) {
      assert.ok(e instanceof MalformedPacket)
      return e.message
    }
  }
  const room = new Uint8Array(4096)
  for (let n = 0; n < 20_000; n++) {
    const v = n % 3
    const from = all[v]![Math.floor(random() * all[v]!.length)]!
    room.set(from)
    const size = mutate(room, from.length, 4000, random)
    const rules = SENDERS[n % 2]![VERSIONS[v]!]
    const alone = room.slice(0, size)
    const zeros = new Uint8Array(size + 300)
    const ones = new Uint8Array(size + 300).fill(0xff)
    zeros.set(alone, 100)
    ones.set(alone, 100)
    const wanted = read(alone, 0, size, rules)
    assert.deepEqual(read(zeros, 100, size, rules), wanted)
    assert.deepEqual(read(ones, 100, size, rules), wanted)
  }
})

// MQTT-11
test('random chunks before CONNECT never make more than its limit be kept (B-03, N8)', () => {
  const random = seeded(11)
  let biggest = 0
  const sink: PacketSink = { packetLimit: CONNECT_LIMIT, packet: () => true }
  for (let n = 0; n < 2000; n++) {
    let rest: Rest | undefined
    try {
      for (let chunk = 0; chunk < 20; chunk++) {
        const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256))
        rest = splitPackets(rest, bytes, sink)
        biggest = Math.max(biggest, rest?.bytes.length ?? 0)
      }
    } catch (e) {
      assert.ok(e instanceof MalformedPacket)
    }
  }
  assert.ok(biggest > 1000 && biggest <= 2 * CONNECT_LIMIT, `${biggest}`)
})
