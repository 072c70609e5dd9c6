import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedPacket } from './malformed.ts'
import { DEFAULT_LIMITS } from './rules.ts'
import { checkShared, checkTopicFilter, checkTopicName, isShared } from './topic.ts'

const limits = { ...DEFAULT_LIMITS, topicLevels: 5, topicBytes: 30 }

/** 0 if a check passes, else the reason code. */
function reasonOf(check: () => void): number {
  try {
    check()
    return 0
  } catch (e) {
    assert.ok(e instanceof MalformedPacket)
    return e.reason
  }
}

const name = (text: string) => {
  const b = new TextEncoder().encode(text)
  return reasonOf(() => checkTopicName(b, 0, b.length, limits))
}

const filter = (text: string) => {
  const b = new TextEncoder().encode(text)
  return reasonOf(() => checkTopicFilter(b, 0, b.length, limits))
}

const shared = (text: string, noLocal = false) => {
  const b = new TextEncoder().encode(text)
  assert.ok(isShared(b, 0, b.length))
  return reasonOf(() => {
    checkTopicFilter(b, 0, b.length, limits)
    checkShared(b, 0, b.length, noLocal)
  })
}

const NAMES: [string, number][] = [
  ['s', 0],
  ['/', 0],
  ['//a', 0],
  ['a b', 0],
  ['$SYS/x', 0],
  ['温度', 0],
  ['', 0x81],
  ['a/#', 0x81],
  ['+', 0x81],
  ['a+b', 0x81],
  ['a\u{1}', 0x81],
  ['a\u{0}', 0x81],
  ['a/b/c/d/e', 0],
  ['a/b/c/d/e/f', 0x97],
  ['x'.repeat(30), 0],
  ['x'.repeat(31), 0x97],
]

for (const [text, reason] of NAMES)
  test(`topic name ${JSON.stringify(text)} → ${reason} (B-05, B-07)`, () => assert.equal(name(text), reason))

const FILTERS: [string, number][] = [
  ['#', 0],
  ['+', 0],
  ['+/+/#', 0],
  ['/+', 0],
  ['a/+/b', 0],
  ['a/#', 0],
  ['', 0x81],
  ['a/#/b', 0x81],
  ['a#', 0x81],
  ['#a', 0x81],
  ['##', 0x81],
  ['+a', 0x81],
  ['a+', 0x81],
  ['a/+b/c', 0x81],
  ['++', 0x81],
  ['a\u{0}', 0x81],
  ['+/+/+/+/+/+', 0x97],
  [`#${'x'.repeat(30)}`, 0x97],
]

for (const [text, reason] of FILTERS)
  test(`topic filter ${JSON.stringify(text)} → ${reason} (B-05, B-07)`, () => assert.equal(filter(text), reason))

const SHARED: [string, number][] = [
  ['$share/g/t', 0],
  ['$share/g/#', 0],
  ['$share/g//', 0],
  ['$share/g/', 0x81],
  ['$share/g', 0x81],
  ['$share//t', 0x81],
  ['$share/+/t', 0x81],
  ['$share/#', 0x81],
]

for (const [text, reason] of SHARED) test(`shared filter ${text} → ${reason} (B-07)`, () => assert.equal(shared(text), reason))

test('No Local on a shared subscription is a protocol error [MQTT-3.8.3-4]', () => assert.equal(shared('$share/g/t', true), 0x82))
