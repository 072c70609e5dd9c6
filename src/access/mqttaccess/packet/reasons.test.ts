import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkReason, REASONS, reasonName, reasonOfReturnCode, returnCodeOf } from './reasons.ts'
import { CONNACK, DISCONNECT, PUBACK, PUBREL, SUBACK, UNSUBACK } from './types.ts'

test('the table holds each code of MQTT 5.0 once: 43 of them', () => {
  assert.equal(REASONS.length, 43)
  assert.equal(new Set(REASONS.map((r) => r.code)).size, 43)
})

test('a code is good for the packets of its row only', () => {
  assert.equal(checkReason(0x10, PUBACK), 0x10)
  for (const [code, type] of [
    [0x10, PUBREL],
    [0x92, PUBACK],
    [0x01, UNSUBACK],
    [0x8b, CONNACK],
    [0x84, DISCONNECT],
    [0x03, SUBACK],
    [0xff, CONNACK],
  ] as const) {
    assert.throws(() => checkReason(code, type), { reason: 0x82 })
  }
})

// MQTT-2
test('return codes of MQTT 3 and reason codes say the same', () => {
  for (let code = 0; code <= 5; code++) assert.equal(returnCodeOf(reasonOfReturnCode(code)), code)
  assert.throws(() => reasonOfReturnCode(6), { reason: 0x82 })
  assert.equal(returnCodeOf(0x97), 3)
  assert.equal(returnCodeOf(0x8a), 5)
  assert.equal(reasonName(0x97), 'Quota exceeded')
})
