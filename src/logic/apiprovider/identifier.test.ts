import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf } from './identifier.ts'

test('vendor and product are hex, the code may hold anything', () => {
  for (const code of ['apprich1', 'a-b-c', '', '-', 'a/b', '%d', '"', 'constructor', '设备 1']) {
    assert.deepEqual(claimsOf(`1f-2-${code}`), { vendor: 31, product: 2 })
  }
  assert.deepEqual(claimsOf('01F-0002-x'), { vendor: 31, product: 2 })
})

test('what can be no identifier is refused in the words of the old cloud (golden info)', () => {
  const cases: [string, string][] = [
    ['nosuch', 'wrong identifier format.'],
    ['1-1', 'wrong identifier format.'],
    ['', 'wrong identifier format.'],
    ['z-1-a', 'wrong vendor format.'],
    ['-1-a', 'wrong vendor format.'],
    ['0x1-1-a', 'wrong vendor format.'],
    ['11111111111111111-1-a', 'wrong vendor format.'],
    ['1-z-a', 'wrong product format.'],
    ['1--a', 'wrong product format.'],
    ['1-__proto__-a', 'wrong product format.'],
  ]
  for (const [identifier, message] of cases) assert.throws(() => claimsOf(identifier), { code: 10008, status: 200, message })
})
