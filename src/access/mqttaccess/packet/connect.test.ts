import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { connectVersion } from './connect.ts'
import { MalformedPacket } from './malformed.ts'
import { decodePacket } from './packet.ts'
import type { Connect } from './packets.ts'
import { rulesFor } from './rules.ts'
import { bytes } from './testkit.ts'

const rules = rulesFor('client')[4]
const decode = (text: string) => {
  const b = bytes(text)
  assert.equal(b[1], b.length - 2, 'the row itself is consistent')
  return decodePacket(b, b[0]!, 2, b.length, rules) as Connect
}

const ID = "0002 '17'"

/** [bytes, reason, words, what `connectVersion` says of the body] */
const REFUSED: [string, number, RegExp, number][] = [
  [`10 0e 0004 'MQTT' 03 02 001e ${ID}`, 0x84, /MQTT-3.1.2-2/, -1],
  [`10 0e 0004 'MQTT' 06 02 001e ${ID}`, 0x84, /MQTT-3.1.2-2/, -1],
  [`10 0e 0004 'MQTT' 84 02 001e ${ID}`, 0x84, /MQTT-3.1.2-2/, -1],
  [`10 10 0006 'MQIsdp' 04 02 001e ${ID}`, 0x84, /MQTT-3.1.2-2/, -1],
  [`10 0e 0004 'MQTX' 04 02 001e ${ID}`, 0x81, /MQTT-3.1.2-1/, 0],
  [`10 0e 0004 'mqtt' 04 02 001e ${ID}`, 0x81, /MQTT-3.1.2-1/, 0],
  [`10 10 0006 'isProt' 04 02 001e ${ID}`, 0x81, /MQTT-3.1.2-1/, 0],
  [`10 0d 0003 'MQT' 04 02 001e ${ID}`, 0x81, /MQTT-3.1.2-1/, 0],
  [`10 0a 0000 04 02 001e ${ID}`, 0x81, /MQTT-3.1.2-1/, 0],
  ['10 00', 0x81, /MQTT-3.1.2-1/, 0],
  [`11 0e 0004 'MQTT' 04 02 001e ${ID}`, 0x81, /MQTT-2.2.2-1/, 4],
  [`10 0e 0004 'MQTT' 04 03 001e ${ID}`, 0x81, /MQTT-3.1.2-3/, 4],
  [`10 0e 0004 'MQTT' 04 0a 001e ${ID}`, 0x81, /MQTT-3.1.2-11/, 4],
  [`10 0e 0004 'MQTT' 04 22 001e ${ID}`, 0x81, /MQTT-3.1.2-11/, 4],
  [`10 14 0004 'MQTT' 04 1e 001e ${ID} 0001 'w' 0001 'm'`, 0x81, /MQTT-3.1.2-12/, 4],
  [`10 14 0004 'MQTT' 04 06 001e ${ID} 0001 '#' 0001 'm'`, 0x81, /MQTT-3.3.2-2/, 4],
  [`10 0e 0004 'MQTT' 04 06 001e ${ID}`, 0x81, /Will Topic/, 4],
  [`10 0e 0004 'MQTT' 04 82 001e ${ID}`, 0x81, /user name/, 4],
  [`10 11 0004 'MQTT' 04 c2 001e ${ID} 0001 'u'`, 0x81, /password/, 4],
  [`10 11 0004 'MQTT' 04 02 001e ${ID} 0001 'x'`, 0x81, /3 bytes too many/, 4],
  [`10 0a 0004 'MQTT' 04 02 001e`, 0x81, /client identifier/, 4],
  [`10 0e 0004 'MQTT' 05 02 001e 00 0001 00`, 0x81, /MQTT-1.5.4-2/, 5],
  [`10 12 0004 'MQTT' 05 02 001e 03 21 0000 ${ID}`, 0x82, /receiveMaximum is 0/, 5],
  [`10 14 0004 'MQTT' 05 02 001e 05 27 00000000 ${ID}`, 0x82, /maximumPacketSize is 0/, 5],
  [`10 14 0004 'MQTT' 05 02 001e 05 18 00000001 ${ID}`, 0x82, /willDelayInterval is not allowed/, 5],
  [`10 13 0004 'MQTT' 05 02 001e 04 16 0001 ff ${ID}`, 0x82, /without a method/, 5],
  [`10 11 0004 'MQTT' 05 02 001e 02 04 00 ${ID}`, 0x81, /property 0x4/, 5],
]

for (const [text, reason, words, version] of REFUSED) {
  test(`CONNECT refused: ${text} (B-04, B-06)`, () => {
    assert.throws(
      () => decode(text),
      (e) => e instanceof MalformedPacket && e.reason === reason && words.test(e.message),
    )
    assert.equal(connectVersion(bytes(text), 2, bytes(text).length), version)
  })
}

// MQTT-3
test('a password without a user name is read: fielded devices send it', () => {
  const packet = decode(`10 13 0004 'MQTT' 04 42 001e ${ID} 0003 'tok'`)
  assert.equal(packet.username, undefined)
  assert.deepEqual(packet.password, bytes("'tok'"))
})

test('MQTT 3.1 ignores flags of the header and the reserved bit, and lets credentials be missing', () => {
  assert.equal(decode(`14 10 0006 'MQIsdp' 03 01 000a ${ID}`).version, 3)
  const packet = decode(`10 10 0006 'MQIsdp' 03 c2 001e ${ID}`)
  assert.deepEqual([packet.username, packet.password], [undefined, undefined])
})

test('an empty client identifier is read; what it means is for the session to say', () => {
  assert.equal(decode("10 0c 0004 'MQTT' 04 00 000a 0000").clientId, '')
})

interface Golden {
  cases: { name: string; connections?: { dir?: string; type?: string; hex?: string }[][] }[]
}

// packets of the original's transcripts that ours refuse, and why
const OURS_REFUSE: Record<string, RegExp> = {
  'connect: name MQTT level 3': /MQTT-3.1.2-2/,
  'connect: name MQIsdp level 4': /MQTT-3.1.2-2/,
  'connect: level 5 (MQTT 5 header layout as 3.1.1)': /./,
  'raw: packet type 0': /type 0/,
  'raw: packet type 15': /AUTH/,
  'raw: CONNACK from client': /from a client/,
  'raw: PINGRESP from client': /from a client/,
  'session: PUBLISH s QoS1 packet id 0': /MQTT-2.2.1-3/,
  'session: PUBLISH QoS3': /MQTT-3.3.1-4/,
  'session: PUBLISH empty topic QoS1': /MQTT-4.7.3-1/,
}

test('what clients sent in the transcripts of the original reads as what it was (test/vectors/mqtt.json)', () => {
  const golden = JSON.parse(readFileSync(new URL('../../../../test/vectors/mqtt.json', import.meta.url), 'utf8')) as Golden
  let read = 0
  const refused = new Set<string>()
  for (const { name, connections } of golden.cases) {
    for (const entry of (connections ?? []).flat()) {
      // the original numbered its own messages from 0, which ours never does
      if (entry.dir !== 'out' || !entry.hex || entry.hex === '40020000') continue
      const b = bytes(entry.hex)
      let start = 1
      while (b[start++]! >= 0x80);
      const announced = b[1]! < 0x80 ? 2 + b[1]! : Number.POSITIVE_INFINITY
      if (announced !== b.length) continue
      try {
        assert.equal(decodePacket(b, b[0]!, start, b.length, rules).type, entry.type?.toLowerCase())
        read++
      } catch (e) {
        assert.ok(e instanceof MalformedPacket && OURS_REFUSE[name]?.test(e.message), `${name}: ${String(e)}`)
        refused.add(name)
      }
    }
  }
  assert.deepEqual(refused, new Set(Object.keys(OURS_REFUSE)))
  assert.ok(read > 60, `${read} packets read`)
})

test('what is wrong in texts behind the properties closes without an answer, all else with one (B-01)', () => {
  const silent = (text: string): boolean => {
    try {
      decode(text)
    } catch (e) {
      assert.ok(e instanceof MalformedPacket)
      return e.silent
    }
    return assert.fail('not refused')
  }
  assert.equal(silent("10 0e 0004 'MQTT' 05 02 001e 00 0001 00"), true)
  assert.equal(silent("10 0e 0004 'MQTT' 05 82 001e 00 0001 'c'"), true)
  assert.equal(silent("10 11 0004 'MQTT' 05 02 001e 00 0001 'c' 0001 'x'"), false)
  assert.equal(silent("10 11 0004 'MQTT' 05 02 001e 03 21 0000 0001 'c'"), false)
})
