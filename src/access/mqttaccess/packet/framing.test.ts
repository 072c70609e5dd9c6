import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdBytes, type PacketSink, packetLength, type Rest, splitPackets } from './framing.ts'
import { MalformedPacket } from './malformed.ts'
import { encodePacket } from './packet.ts'
import { bytes, draw, hex, namesOf, seeded } from './testkit.ts'

/** Writes down the packets it is given, and stops after each of them if told so. */
function recorder(packetLimit = 1 << 20, stopAfterEach = false): PacketSink & { packets: string[] } {
  const packets: string[] = []
  return {
    packetLimit,
    packets,
    packet(b, first, start, end) {
      packets.push(`${first}:${hex(b.subarray(start, end))}`)
      return !stopAfterEach
    },
  }
}

/** A stream of random packets, MQTT 5, some of them large. */
function stream(seed: number, count: number): Uint8Array {
  const random = seeded(seed)
  const make = draw(random)
  const names = namesOf(5)
  const parts = Array.from({ length: count }, () => {
    const packet = make.packet(names[make.int(names.length)]!, 5)
    if (packet.type === 'publish' && make.int(4) === 0) packet.payload = new Uint8Array(make.int(40_000)).fill(7)
    return encodePacket(packet, 5)
  })
  return new Uint8Array(Buffer.concat(parts))
}

/** Feeds chunks of the sizes that `next` says; each chunk is overwritten behind the call, as a reused read buffer is. */
function feed(all: Uint8Array, sink: PacketSink, next: () => number): Rest | undefined {
  let rest: Rest | undefined
  for (let at = 0; at < all.length; ) {
    const size = Math.min(next(), all.length - at)
    const chunk = all.slice(at, at + size)
    rest = splitPackets(rest, chunk, sink)
    chunk.fill(0xaa)
    at += size
  }
  return rest
}

// MQTT-14
test('any split of a stream gives the same packets (F-14)', () => {
  const all = stream(1, 60)
  const whole = recorder()
  assert.equal(splitPackets(undefined, all, whole), undefined)
  assert.equal(whole.packets.length, 60)
  const random = seeded(2)
  const ways: (() => number)[] = [
    () => 1,
    () => 2,
    () => 65_536,
    () => 1 + Math.floor(random() * 50),
    () => 1 + Math.floor(random() * 9000),
  ]
  for (const way of ways) {
    const split = recorder()
    assert.equal(feed(all, split, way), undefined)
    assert.deepEqual(split.packets, whole.packets)
  }
})

test('every place of a split in a short stream gives the same packets (F-14)', () => {
  const all = bytes("c000 30 03 0001 's' 32 81 01 0001 's' 0001").slice(0, 10)
  const whole = recorder()
  const left = splitPackets(undefined, all, whole)
  for (let cut = 0; cut <= all.length; cut++) {
    const split = recorder()
    const rest = splitPackets(splitPackets(undefined, all.subarray(0, cut), split), all.subarray(cut), split)
    assert.deepEqual(split.packets, whole.packets)
    assert.equal(hex(rest!.bytes.subarray(rest!.start, rest!.end)), hex(left!.bytes.subarray(left!.start, left!.end)))
  }
})

test('a sink that stops keeps what follows, and gets it packet by packet', () => {
  const all = stream(3, 20)
  const whole = recorder()
  splitPackets(undefined, all, whole)
  const sink = recorder(1 << 20, true)
  let rest = splitPackets(undefined, all.subarray(0, 100), sink)
  rest = holdBytes(rest, all, 100)
  while (rest !== undefined) rest = splitPackets(rest, new Uint8Array(0), sink)
  assert.deepEqual(sink.packets, whole.packets)
})

test('the limit may change from packet to packet', () => {
  const sink = { ...recorder(4), packetLimit: 4 }
  sink.packet = () => {
    sink.packetLimit = 1000
    return true
  }
  assert.equal(splitPackets(undefined, bytes(`c000 30 20 ${'00'.repeat(32)}`), sink), undefined)
})

test('a header that announces too much is refused at once, however it comes (B-03)', () => {
  const header = bytes('32 ff ff ff 7f')
  for (const size of [1, 2, 5]) {
    assert.throws(
      () => feed(header, recorder(4096), () => size),
      (e) => e instanceof MalformedPacket && e.reason === 0x95,
    )
  }
  // three bytes are enough to know
  assert.throws(() => feed(bytes('32 ff ff'), recorder(4096), () => 1), { reason: 0x95 })
  assert.throws(() => feed(bytes('30 ff ff ff ff 7f'), recorder(Infinity), () => 1), { reason: 0x81 })
})

test('a packet of exactly the limit passes, one byte more does not', () => {
  const body = 'aa'.repeat(128)
  const exact = recorder(131)
  splitPackets(undefined, bytes(`30 80 01 ${body}`), exact)
  assert.equal(exact.packets.length, 1)
  assert.throws(() => splitPackets(undefined, bytes(`30 80 01 ${body}`), recorder(130)), { reason: 0x95 })
})

// MQTT-11
test('a dripping sender makes the buffer grow with what came, not with what was announced (N8)', () => {
  const sink = recorder(1 << 20)
  let rest = splitPackets(undefined, bytes('32 ff ff 2f'), sink)
  for (let n = 0; n < 300; n++) rest = splitPackets(rest, bytes('00'), sink)
  assert.ok(rest!.bytes.length <= 1024, `${rest!.bytes.length} bytes held for 304`)
})

test('nothing is copied or kept for packets that lie whole in a chunk', () => {
  const chunk = bytes("30 03 0001 's' c000")
  const seen: boolean[] = []
  const sink: PacketSink = {
    packetLimit: 100,
    packet: (b) => {
      seen.push(b === chunk)
      return true
    },
  }
  assert.equal(splitPackets(undefined, chunk, sink), undefined)
  assert.deepEqual(seen, [true, true])
})

test('packetLength counts the fixed header', () => {
  assert.equal(packetLength(bytes('c000'), 0, 2, 10), 2)
  assert.equal(packetLength(bytes('c0'), 0, 1, 10), 0)
  assert.equal(packetLength(bytes('30 80 01'), 0, 3, 1000), 131)
  assert.equal(packetLength(bytes('30 80'), 0, 2, 1000), 0)
})
