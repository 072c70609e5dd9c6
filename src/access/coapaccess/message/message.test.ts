import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate, parse } from 'coap-packet'
import { CON, type Message, type Option, parseMessage, writeMessage } from './message.ts'
import { option } from './numbers.ts'
import { badOption, uint, uintOf } from './options.ts'

const none = new Uint8Array(0)

/** A small generator with a seed: a failure can be run again. */
export function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

const octets = (next: (below: number) => number, n: number): Buffer => Buffer.from(Array.from({ length: n }, () => next(256)))

function some(next: (below: number) => number): Message {
  const numbers = [1, 3, 4, 6, 8, 11, 12, 14, 15, 17, 20, 23, 27, 28, 35, 39, 60, 252, 258, 292, 2000, 65_000]
  const options: Option[] = Array.from({ length: next(8) }, () => ({
    no: numbers[next(numbers.length)]!,
    value: octets(next, [0, 1, 4, 12, 13, 14, 268, 269, 300][next(9)]!),
  }))
  return {
    type: next(4) as 0,
    id: next(0x10000),
    code: [1, 2, 3, 4, 69, 68, 132, 160][next(8)]!,
    token: octets(next, next(9)),
    options: options.sort((a, b) => a.no - b.no),
    payload: octets(next, next(3) === 0 ? 0 : 1 + next(100)),
  }
}

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')
const plain = (m: Message) => [m.type, m.id, m.code, hex(m.token), m.options.map((o) => [o.no, hex(o.value)]), hex(m.payload)]

// COAP-9
test('messages come back as they were written, and coap-packet reads and writes the same', () => {
  const next = random(7)
  for (let i = 0; i < 5000; i++) {
    const m = some(next)
    const bytes = writeMessage(m.type, m.id, m)
    assert.deepEqual(plain(parseMessage(bytes) as Message), plain(m))
    const theirs = parse(bytes)
    assert.equal(theirs.messageId, m.id)
    assert.deepEqual(Buffer.from(theirs.token), Buffer.from(m.token))
    assert.deepEqual(
      theirs.options.map((o) => Buffer.from(o.value as Buffer).toString('hex')),
      m.options.map((o) => Buffer.from(o.value).toString('hex')),
    )
    assert.deepEqual(Buffer.from(theirs.payload), Buffer.from(m.payload))
    if (m.payload.length > 0) assert.deepEqual(generate(theirs, 5000), bytes)
  }
})

// COAP-9 B-11
test('B-11 what breaks the format is told so where there is a head, and is silence elsewhere', () => {
  const malformed = (hex: string) => {
    const m = parseMessage(Buffer.from(hex, 'hex'))
    return m && 'malformed' in m ? m.malformed : m
  }
  assert.equal(malformed(''), undefined)
  assert.equal(malformed('400100'), undefined)
  assert.equal(malformed('80010001'), undefined, 'version 2')
  for (let tkl = 9; tkl < 16; tkl++) assert.match(String(malformed(`4${tkl.toString(16)}010001${'00'.repeat(20)}`)), /token/)
  assert.match(String(malformed('4201000101')), /token is cut/)
  assert.match(String(malformed('40010001f1')), /reserved delta/)
  assert.match(String(malformed('400100011f')), /reserved delta or length/)
  assert.match(String(malformed('40010001b5616263')), /option is cut/)
  assert.match(String(malformed('40010001e0')), /option is cut/)
  assert.match(String(malformed('40010001ff')), /marker without payload/)
  assert.match(String(malformed('4100000100')), /empty message/)
  assert.match(String(malformed('40200001')), /class 1 is reserved/)
  assert.match(String(malformed('40c10001')), /class 6 is reserved/)
  assert.match(String(malformed(`40010001${'00'.repeat(70)}`)), /64 options/)
})

// COAP-9
test('options that must be understood: unknown, of a wrong length, or one too many', () => {
  const of = (...options: [number, Uint8Array][]) => badOption(options.map(([no, value]) => ({ no, value })))
  assert.equal(of([option.uriPath, none], [option.uriPath, none]), undefined)
  assert.equal(of([9, none]), 9)
  assert.equal(of([10, none]), undefined)
  assert.equal(of([option.uriPort, Buffer.alloc(3)]), option.uriPort)
  assert.equal(of([option.accept, none], [option.accept, none]), option.accept)
  assert.equal(of([option.uriPath, Buffer.alloc(256)]), option.uriPath)
  for (const n of [0, 1, 255, 256, 65_535, 65_536, 2 ** 24]) assert.equal(uintOf(uint(n)), n)
  assert.equal(uint(0).length, 0)
  assert.equal(CON, 0)
})
