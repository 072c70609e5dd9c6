import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedPacket } from './malformed.ts'
import { parsePublish, publishFields, publishProperties } from './publish.ts'
import { DEFAULT_LIMITS, rulesFor } from './rules.ts'
import { bytes } from './testkit.ts'
import type { Version } from './types.ts'

const client = rulesFor('client')

/** Parses a packet that lies at an odd offset of a larger buffer, as in a read chunk. */
function parse(text: string, version: Version, rules = client) {
  const packet = bytes(text)
  const buffer = new Uint8Array(packet.length + 9).fill(0xff)
  buffer.set(packet, 5)
  const fields = publishFields()
  let start = 6
  while (buffer[start++]! >= 0x80);
  parsePublish(buffer, packet[0]!, start, 5 + packet.length, rules[version], fields)
  const text8 = (from: number, to: number) => Buffer.from(buffer.subarray(from, to)).toString('latin1')
  return {
    ...fields,
    topic: text8(fields.topicStart, fields.topicEnd),
    payload: text8(fields.payloadStart, fields.payloadEnd),
    properties: publishProperties(buffer, fields),
  }
}

test('fields of QoS 0 and QoS 1 as numbers', () => {
  const zero = parse("30 05 0001 's' 'xy'", 4)
  assert.deepEqual([zero.topic, zero.payload, zero.qos, zero.packetId, zero.dup, zero.retain], ['s', 'xy', 0, 0, false, false])
  const one = parse("3b 05 0001 'e' 1234", 4)
  assert.deepEqual([one.topic, one.payload, one.qos, one.packetId, one.dup, one.retain], ['e', '', 1, 0x1234, true, true])
})

test('a struct used again keeps nothing of the packet before', () => {
  const fields = publishFields()
  const first = bytes("32 0b 0001 's' 0001 03 230007 'xy'")
  parsePublish(first, 0x32, 2, first.length, client[5], fields)
  assert.equal(fields.topicAlias, 7)
  const second = bytes("30 04 0001 'e' 'z'")
  parsePublish(second, 0x30, 2, second.length, client[4], fields)
  assert.deepEqual(fields, {
    ...publishFields(),
    topicStart: 4,
    topicEnd: 5,
    propsStart: 5,
    propsEnd: 5,
    payloadStart: 5,
    payloadEnd: 6,
  })
})

test('MQTT 5: alias, properties, payload behind them', () => {
  const full = parse("34 10 0001 's' 0002 08 02 00000005 23 000a", 5)
  assert.deepEqual([full.topicAlias, full.packetId, full.payload], [10, 2, ''])
  const aliased = parse("30 08 0000 03 23 0001 'xy'", 5)
  assert.deepEqual([aliased.topic, aliased.topicAlias, aliased.payload], ['', 1, 'xy'])
  assert.deepEqual(aliased.properties, { topicAlias: 1 })
  assert.equal(parse("30 04 0001 's' 00", 5).properties, undefined)
})

const REFUSED: [Version, string, number, RegExp][] = [
  [4, "36 05 0001 's' 0001", 0x81, /MQTT-3.3.1-4/],
  [4, "38 03 0001 's'", 0x81, /MQTT-3.3.1-2/],
  [4, "39 03 0001 's'", 0x81, /MQTT-3.3.1-2/],
  [4, "32 05 0001 's' 0000", 0x82, /MQTT-2.2.1-3/],
  [4, '30 00', 0x81, /ends within the topic/],
  [4, '30 01 00', 0x81, /ends within the topic/],
  [4, "30 03 0002 's'", 0x81, /ends within the topic/],
  [4, "32 04 0001 's' 00", 0x81, /ends within the packet id/],
  [4, '30 02 0000', 0x81, /MQTT-4.7.3-1/],
  [4, "30 03 0001 '#'", 0x81, /MQTT-3.3.2-2/],
  [5, "30 03 0001 's'", 0x81, /cut short/],
  [5, "30 04 0001 's' 01", 0x81, /ends within the prop/],
  [5, '30 03 0000 00', 0x81, /MQTT-4.7.3-1/],
  [5, '30 06 0000 03 23 0000', 0x94, /topicAlias is 0/],
  [5, "30 0a 0001 's' 06 23 0001 23 0001", 0x82, /twice/],
  [5, "30 06 0001 's' 02 0b 01", 0x82, /subscriptionIdentifiers is not allowed/],
  [5, "30 06 0001 's' 02 0b 00", 0x82, /subscriptionIdentifiers is not allowed/],
  [5, "30 06 0001 's' 02 01 02", 0x82, /neither 0 nor 1/],
  [5, "30 08 0001 's' 04 08 0001 '#'", 0x81, /MQTT-3.3.2-2/],
  [5, "30 05 0001 's' 80 00", 0x81, /MQTT-1.5.5-1/],
]

for (const [version, text, reason, words] of REFUSED) {
  // MQTT-15
  test(`PUBLISH refused in MQTT level ${version}: ${text} (B-07)`, () => {
    assert.throws(
      () => parse(text, version),
      (e) => e instanceof MalformedPacket && e.reason === reason && words.test(e.message),
    )
  })
}

test('MQTT 3.1 lets DUP stand with QoS 0', () => assert.equal(parse("38 03 0001 's'", 3).dup, true))

test('10 000 user properties are refused without being read (B-05)', () => {
  const list = "26 0001 'k' 0001 'v'".repeat(10_000)
  const text = `30 f4 a2 04 0001 's' f0 a2 04 ${list}`
  assert.throws(
    () => parse(text, 5),
    (e) => e instanceof MalformedPacket && e.reason === 0x97,
  )
  const more = rulesFor('client', { ...DEFAULT_LIMITS, userProperties: 10_000 })
  assert.equal(parse(text, 5, more).properties?.userProperties?.length, 10_000)
})

test('subscription identifiers come down, and more than one may', () => {
  const down = parse("30 08 0001 's' 04 0b 01 0b 02", 5, rulesFor('server'))
  assert.deepEqual(down.properties, { subscriptionIdentifiers: [1, 2] })
})
