import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACK_ROOM, writeAck } from './acks.ts'
import { MalformedPacket } from './malformed.ts'
import { checkFirst, decodePacket, encodePacket, packetSize, writePacket } from './packet.ts'
import type { Packet } from './packets.ts'
import { rulesFor } from './rules.ts'
import { bytes, draw, hex, namesOf, seeded } from './testkit.ts'
import { TYPE_OF, type Version } from './types.ts'

const RULES = { client: rulesFor('client'), server: rulesFor('server') }

/** The fixed header of every row has one length byte. */
const decode = (b: Uint8Array, version: Version, from: 'client' | 'server') =>
  decodePacket(b, b[0]!, 2, b.length, RULES[from][version])

const none = new Uint8Array(0)
const sub = { filter: 'a/+', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const

/** Packets and their bytes, written down from the standards: [version, sender, bytes, value]. */
const PACKETS: [Version, 'client' | 'server', string, Packet][] = [
  [
    4,
    'client',
    "10 0e 0004 'MQTT' 04 02 001e 0002 '17'",
    { type: 'connect', version: 4, clean: true, keepAlive: 30, clientId: '17' },
  ],
  [
    3,
    'client',
    "10 10 0006 'MQIsdp' 03 00 0000 0002 '17'",
    { type: 'connect', version: 3, clean: false, keepAlive: 0, clientId: '17' },
  ],
  [
    5,
    'client',
    "10 2b 0004 'MQTT' 05 f6 003c 05 11 0000000a 0001 'c' 07 18 00000005 0100 0001 'w' 0002 'hi' 0002 'us' 0003 00 'pw'",
    {
      type: 'connect',
      version: 5,
      clean: true,
      keepAlive: 60,
      clientId: 'c',
      will: {
        topic: 'w',
        payload: bytes("'hi'"),
        qos: 2,
        retain: true,
        properties: { willDelayInterval: 5, payloadFormatIndicator: false },
      },
      username: 'us',
      password: bytes("00 'pw'"),
      properties: { sessionExpiryInterval: 10 },
    },
  ],
  [4, 'server', '20 02 01 00', { type: 'connack', sessionPresent: true, reason: 0 }],
  [4, 'server', '20 02 00 05', { type: 'connack', sessionPresent: false, reason: 0x87 }],
  [
    5,
    'server',
    '20 09 00 00 06 21 0014 22 000a',
    { type: 'connack', sessionPresent: false, reason: 0, properties: { receiveMaximum: 20, topicAliasMaximum: 10 } },
  ],
  [
    4,
    'client',
    "3b 07 0001 's' 000a 'xy'",
    { type: 'publish', topic: 's', payload: bytes("'xy'"), qos: 1, dup: true, retain: true, packetId: 10 },
  ],
  [4, 'server', "30 03 0001 'c'", { type: 'publish', topic: 'c', payload: none, qos: 0, dup: false, retain: false, packetId: 0 }],
  [
    5,
    'client',
    "34 16 0001 'e' ffff 0f 23 0001 26 0001 'k' 0001 'v' 02 00000001 'p'",
    {
      type: 'publish',
      topic: 'e',
      payload: bytes("'p'"),
      qos: 2,
      dup: false,
      retain: false,
      packetId: 65_535,
      properties: { topicAlias: 1, userProperties: [['k', 'v']], messageExpiryInterval: 1 },
    },
  ],
  [4, 'client', '40 02 000a', { type: 'puback', packetId: 10, reason: 0 }],
  [5, 'server', '40 03 000a 10', { type: 'puback', packetId: 10, reason: 0x10 }],
  [
    5,
    'client',
    "50 08 000a 80 04 1f 0001 'r'",
    { type: 'pubrec', packetId: 10, reason: 0x80, properties: { reasonString: 'r' } },
  ],
  [4, 'client', '62 02 000a', { type: 'pubrel', packetId: 10, reason: 0 }],
  [5, 'client', '70 03 000a 92', { type: 'pubcomp', packetId: 10, reason: 0x92 }],
  [4, 'client', "82 08 0005 0003 'a/+' 01", { type: 'subscribe', packetId: 5, subscriptions: [sub] }],
  [
    5,
    'client',
    "82 0c 0005 03 0b ff 7f 0003 'a/+' 2d",
    {
      type: 'subscribe',
      packetId: 5,
      subscriptions: [{ ...sub, noLocal: true, retainAsPublished: true, retainHandling: 2 }],
      properties: { subscriptionIdentifiers: [16_383] },
    },
  ],
  [4, 'server', '90 04 0005 01 80', { type: 'suback', packetId: 5, reasons: [1, 0x80] }],
  [5, 'server', '90 05 0005 00 02 8f', { type: 'suback', packetId: 5, reasons: [2, 0x8f] }],
  [4, 'client', "a2 07 0006 0003 'a/#'", { type: 'unsubscribe', packetId: 6, filters: ['a/#'] }],
  [5, 'client', "a2 06 0006 00 0001 '+'", { type: 'unsubscribe', packetId: 6, filters: ['+'] }],
  [4, 'server', 'b0 02 0006', { type: 'unsuback', packetId: 6, reasons: [] }],
  [5, 'server', 'b0 04 0006 00 11', { type: 'unsuback', packetId: 6, reasons: [0x11] }],
  [4, 'client', 'c0 00', { type: 'pingreq' }],
  [4, 'server', 'd0 00', { type: 'pingresp' }],
  [4, 'client', 'e0 00', { type: 'disconnect', reason: 0 }],
  [5, 'server', 'e0 01 8b', { type: 'disconnect', reason: 0x8b }],
  [5, 'client', 'e0 07 04 05 11 00000001', { type: 'disconnect', reason: 4, properties: { sessionExpiryInterval: 1 } }],
  [
    5,
    'client',
    "f0 0a 18 08 15 0001 'm' 16 0001 ff",
    { type: 'auth', reason: 0x18, properties: { authenticationMethod: 'm', authenticationData: bytes('ff') } },
  ],
  [5, 'client', 'f0 02 00 00', { type: 'auth', reason: 0 }],
]

for (const [version, from, text, value] of PACKETS) {
  test(`bytes of ${value.type} in MQTT level ${version}: ${text}`, () => {
    const wire = bytes(text)
    assert.equal(wire[1], wire.length - 2, 'the row itself is consistent')
    assert.deepEqual(decode(wire, version, from), value)
    assert.equal(hex(encodePacket(value, version)), hex(wire))
  })
}

test('short forms of MQTT 5 read as the values they stand for', () => {
  const rows: [string, Packet][] = [
    ['40 02 0001', { type: 'puback', packetId: 1, reason: 0 }],
    ['40 03 0001 00', { type: 'puback', packetId: 1, reason: 0 }],
    ['40 04 0001 00 00', { type: 'puback', packetId: 1, reason: 0 }],
    ['e0 00', { type: 'disconnect', reason: 0 }],
    ['e0 01 00', { type: 'disconnect', reason: 0 }],
    ['e0 02 00 00', { type: 'disconnect', reason: 0 }],
    ['e0 01 7f', { type: 'disconnect', reason: 0x7f }],
    ['f0 01 18', { type: 'auth', reason: 0x18 }],
    ['f0 00', { type: 'auth', reason: 0 }],
  ]
  for (const [text, value] of rows) assert.deepEqual(decode(bytes(text), 5, 'client'), value, text)
})

/** Refused packets: [version, sender, bytes, reason, words of the message]. */
const REFUSED: [Version, 'client' | 'server', string, number, RegExp][] = [
  [4, 'client', '00 00', 0x82, /type 0/],
  [4, 'client', 'f0 00', 0x82, /AUTH/],
  [4, 'client', '20 02 00 00', 0x82, /CONNACK from a client/],
  [4, 'client', 'd0 00', 0x82, /PINGRESP from a client/],
  [4, 'client', '90 03 0001 00', 0x82, /SUBACK from a client/],
  [4, 'client', 'b0 02 0001', 0x82, /UNSUBACK from a client/],
  [4, 'server', "82 06 0001 0001 'a' 00", 0x82, /SUBSCRIBE from a server/],
  [4, 'client', 'c1 00', 0x81, /MQTT-2.1.3-1/],
  [4, 'client', '60 02 0001', 0x81, /MQTT-2.1.3-1/],
  [4, 'client', "80 06 0001 0001 'a' 00", 0x81, /MQTT-2.1.3-1/],
  [4, 'client', 'c0 01 00', 0x81, /1 bytes too many/],
  [4, 'client', 'e0 01 00', 0x81, /too many/],
  [4, 'client', '40 01 00', 0x81, /ends within/],
  [4, 'client', '40 02 0000', 0x82, /MQTT-2.2.1-3/],
  [4, 'client', '40 03 0001 00', 0x81, /too many/],
  [5, 'client', '40 03 0001 01', 0x82, /reason code 0x1/],
  [5, 'client', '62 03 0001 10', 0x82, /reason code 0x10/],
  [5, 'client', '40 05 0001 00 00 00', 0x81, /too many/],
  [5, 'client', '40 05 0001 00 01 26', 0x81, /cut short/],
  [5, 'client', 'f0 02 01 00', 0x82, /reason code/],
  [5, 'client', 'f1 00', 0x82, /MQTT-2.1.3-1/],
  [5, 'client', "82 07 0000 00 0001 'a' 00", 0x81, /MQTT-2.2.1-3/],
  [5, 'client', "a2 06 0000 00 0001 'a'", 0x81, /MQTT-2.2.1-3/],
  [5, 'client', "82 09 0001 02 0b00 0001 'a' 00", 0x81, /subscriptionIdentifiers is 0/],
  [5, 'client', "82 0b 0001 04 0b01 0b01 0001 'a' 00", 0x82, /twice/],
  [5, 'client', "82 09 0001 02 1700 0001 'a' 00", 0x81, /not allowed/],
  [5, 'client', '40 06 0001 00 02 1700', 0x82, /not allowed/],
  [5, 'client', "82 07 0001 00 0001 'a' 03", 0x81, /MQTT-3.8.3-4/],
  [5, 'client', "82 07 0001 00 0001 'a' 30", 0x81, /Retain Handling/],
  [5, 'client', "82 07 0001 00 0001 'a' 40", 0x81, /MQTT-3.8.3-5/],
  [4, 'client', "82 06 0001 0001 'a' 04", 0x81, /MQTT-3-8.3-4/],
  [5, 'client', "82 0f 0001 00 0009 '$share//t' 00", 0x81, /MQTT-4.8.2-1/],
  [5, 'client', "82 10 0001 00 000a '$share/g/t' 04", 0x82, /MQTT-3.8.3-4/],
  [4, 'client', '82 02 0001', 0x81, /MQTT-3.8.3-2/],
  [4, 'client', 'a2 02 0001', 0x81, /MQTT-3.10.3-2/],
  [5, 'client', "f0 07 18 05 16 0002 'xx'", 0x82, /without a method/],
  [5, 'server', 'e0 07 00 05 11 00000001', 0x82, /MQTT-3.14.2-2/],
  [4, 'server', '20 02 02 00', 0x81, /MQTT-3.2.2-1/],
  [4, 'server', '20 02 01 05', 0x82, /MQTT-3.2.2-6/],
  [4, 'server', '20 02 00 06', 0x82, /reserved/],
  [4, 'server', '90 03 0001 03', 0x82, /MQTT-3.9.3-2/],
  [4, 'server', '90 02 0001', 0x81, /MQTT-3.9.3-1/],
]

for (const [version, from, text, reason, words] of REFUSED) {
  // MQTT-15
  test(`refused in MQTT level ${version} from a ${from}: ${text} (B-04)`, () => {
    assert.throws(
      () => decode(bytes(text), version, from),
      (e) => e instanceof MalformedPacket && e.reason === reason && words.test(e.message),
    )
  })
}

test('MQTT 3.1 leaves the flags of the fixed header alone', () => {
  assert.deepEqual(decode(bytes('6a 02 0001'), 3, 'client'), { type: 'pubrel', packetId: 1, reason: 0 })
  assert.equal(checkFirst(0xc6, RULES.client[3]).name, 'pingreq')
})

test('packets of every type and version come back from their own bytes', () => {
  const random = draw(seeded(1))
  for (const version of [3, 4, 5] as const) {
    for (const name of namesOf(version)) {
      for (let n = 0; n < 100; n++) {
        const packet = random.packet(name, version)
        const wire = encodePacket(packet, version)
        const rules = TYPE_OF[name].from === 'server' || name === 'publish' ? RULES.server : RULES.client
        let start = 1
        while (wire[start++]! >= 0x80);
        // out of a Buffer that is used again, as a socket's is
        const buffer = Buffer.from(wire)
        const again = decodePacket(buffer, buffer[0]!, start, buffer.length, rules[version])
        buffer.fill(0xaa)
        assert.deepEqual(again, packet)
      }
    }
  }
})

test('writePacket gathers packets and writes nothing of one that does not fit', () => {
  const target = new Uint8Array(10).fill(0xee)
  const one: Packet = { type: 'puback', packetId: 1, reason: 0 }
  const two: Packet = { type: 'suback', packetId: 2, reasons: [1, 1] }
  const at = writePacket(target, writePacket(target, 0, one, 4), two, 4)
  assert.equal(at, 10)
  assert.equal(hex(target), '40020001' + '900400020101')
  assert.equal(writePacket(target, 7, one, 4), -1)
  assert.equal(hex(target), '40020001' + '900400020101')
  assert.equal(packetSize(two, 5), 7)
})

test('values that MQTT cannot carry are refused when they are written', () => {
  const base = { type: 'publish', payload: none, qos: 0, dup: false, retain: false, packetId: 0 } as const
  const bad: [Packet, RegExp][] = [
    [{ ...base, topic: 'a\0' }, /U\+0000/],
    [{ ...base, topic: '\ud800' }, /surrogate/],
    [{ ...base, topic: 'x'.repeat(65_536) }, /65535/],
    [{ ...base, topic: 's', qos: 1 }, /packet identifier 0/],
    [{ ...base, topic: 's', properties: { receiveMaximum: 1 } }, /not allowed/],
    [{ ...base, topic: 's', properties: { topicAlias: 0 } }, /topicAlias is 0/],
    [{ ...base, topic: 's', properties: { messageExpiryInterval: -1 } }, /messageExpiryInterval/],
    [{ type: 'puback', packetId: 65_536, reason: 0 }, /65536/],
    [{ type: 'puback', packetId: 1, reason: 1 }, /reason code/],
  ]
  for (const [packet, words] of bad) {
    assert.throws(
      () => encodePacket(packet, 5),
      (e) => e instanceof MalformedPacket && words.test(e.message),
      JSON.stringify(packet).slice(0, 80),
    )
  }
})

test('writeAck writes what the codec writes', () => {
  const rows: [Packet, number][] = [
    [{ type: 'puback', packetId: 1, reason: 0 }, 4],
    [{ type: 'pubrec', packetId: 0xfffe, reason: 0x97 }, 5],
    [{ type: 'pubrel', packetId: 258, reason: 0 }, 6],
    [{ type: 'pubcomp', packetId: 3, reason: 0x92 }, 7],
  ]
  for (const [packet, type] of rows) {
    if (!('reason' in packet) || !('packetId' in packet)) continue
    const target = new Uint8Array(2 + ACK_ROOM)
    const end = writeAck(target, 2, type, packet.packetId, packet.reason)
    assert.equal(hex(target.subarray(2, end)), hex(encodePacket(packet, 5)))
  }
})
