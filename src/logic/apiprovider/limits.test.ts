import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeLimits } from './limits.ts'

const limits = () => makeLimits({ calls: 3, callsOfOne: 2, bodyBytes: 100 })

test('O-11 calls above the limit are refused until one ends', () => {
  const l = limits()
  const leave = [l.enter(), l.enter(), l.enter()]
  assert.throws(() => l.enter(), { name: 'Refusal', status: 503, code: 10001 })
  leave[0]!()
  l.enter()
  assert.throws(() => l.enter(), { status: 503 })
})

test('O-11 one application cannot take what the others need', () => {
  const l = limits()
  const leave = l.enterOf(1)
  l.enterOf(1)
  assert.throws(() => l.enterOf(1), { name: 'Refusal', status: 429, code: 10001 })
  l.enterOf(2)
  leave()
  l.enterOf(1)
  assert.throws(() => l.enterOf(1), { status: 429 })
})

test('O-11 large bodies together stay below their limit', () => {
  const l = limits()
  const free = l.reserve(60)
  assert.throws(() => l.reserve(41), { name: 'Refusal', status: 503 })
  l.reserve(40)
  free()
  l.reserve(60)
  assert.throws(() => l.reserve(1), { status: 503 })
})
