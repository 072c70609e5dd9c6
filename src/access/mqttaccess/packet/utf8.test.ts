import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedPacket } from './malformed.ts'
import { bytes, hex, seeded } from './testkit.ts'
import { checkText, checkUtf8, decodeText, encodeText, textSize } from './utf8.ts'

const refused = (text: string, strict = true): boolean => {
  const b = bytes(text)
  try {
    checkUtf8(b, 0, b.length, strict)
    return false
  } catch (e) {
    assert.ok(e instanceof MalformedPacket && e.reason === 0x81)
    return true
  }
}

const BAD: [string, string][] = [
  ['00', 'U+0000'],
  ['61 00', 'U+0000 behind a letter'],
  ['c0 80', 'U+0000, overlong'],
  ['c1 bf', 'overlong of two bytes'],
  ['e0 80 af', 'overlong of three bytes'],
  ['e0 9f bf', 'overlong of three bytes'],
  ['f0 80 80 af', 'overlong of four bytes'],
  ['f0 8f bf bf', 'overlong of four bytes'],
  ['ed a0 80', 'surrogate U+D800'],
  ['ed bf bf', 'surrogate U+DFFF'],
  ['f4 90 80 80', 'above U+10FFFF'],
  ['f5 80 80 80', 'lead byte f5'],
  ['ff', 'lead byte ff'],
  ['80', 'a continuation alone'],
  ['c3', 'cut in two'],
  ['e6 b8', 'cut in three'],
  ['f0 9f 98', 'cut in four'],
  ['c3 41', 'a letter for a continuation'],
  ['e6 b8 c0', 'no continuation'],
]

// MQTT-16
for (const [text, why] of BAD)
  test(`UTF-8 ${text} is refused in any mode: ${why} (B-06)`, () => assert.ok(refused(text) && refused(text, false)))

const STRICT: [string, string][] = [
  ['01', 'U+0001'],
  ['1f', 'U+001F'],
  ['7f', 'U+007F'],
  ['c2 80', 'U+0080'],
  ['c2 9f', 'U+009F'],
  ['ef b7 90', 'U+FDD0'],
  ['ef bf bf', 'U+FFFF'],
  ['f0 9f bf be', 'U+1FFFE'],
  ['f4 8f bf bf', 'U+10FFFF'],
]

for (const [text, why] of STRICT)
  test(`UTF-8 ${why} is refused in strict mode only (B-06)`, () =>
    assert.deepEqual([refused(text), refused(text, false)], [true, false]))

// MQTT-16
test('a byte order mark is kept wherever it stands [MQTT-1.5.4-3] (B-06)', () => {
  const b = bytes("ef bb bf 'a' ef bb bf")
  checkUtf8(b, 0, b.length, true)
  assert.equal(decodeText(b, 0, b.length), '\u{feff}a\u{feff}')
})

test('agrees with the platform decoder on random bytes', () => {
  const random = seeded(4)
  const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const leads = [0x41, 0xc2, 0xdf, 0xe0, 0xe6, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf]
  let good = 0
  for (let n = 0; n < 50_000; n++) {
    const b = Uint8Array.from({ length: 1 + Math.floor(random() * 5) }, () => leads[Math.floor(random() * leads.length)]!)
    let ours = true
    let theirs = true
    try {
      checkUtf8(b, 0, b.length, false)
    } catch {
      ours = false
    }
    try {
      strictDecoder.decode(b)
    } catch {
      theirs = false
    }
    assert.equal(ours, theirs, hex(b))
    if (ours) good++
  }
  assert.ok(good > 300)
})

test('size and bytes of texts', () => {
  for (const text of ['', 'a', 'größe', '温度', '😀', 'a😀b', '\ud800', '\ud800a', '\udc00\ud800', 'é\u{feff}']) {
    const wanted = new TextEncoder().encode(text)
    assert.equal(textSize(text), wanted.length, JSON.stringify(text))
    const target = new Uint8Array(20)
    assert.equal(encodeText(target, 3, text), 3 + wanted.length)
    assert.equal(hex(target.subarray(3, 3 + wanted.length)), hex(wanted))
  }
  assert.throws(() => checkText('a\ud800'), MalformedPacket)
  assert.throws(() => checkText('\0'), MalformedPacket)
})
