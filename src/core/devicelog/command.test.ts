import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordFlag } from './batch.ts'
import { readCommand, writeCommand } from './command.ts'

const id = Buffer.from('0102030405060708', 'hex')
const frame = Buffer.from('a frame')

test('the data of a command is read as it was written, with terms and without', () => {
  const plain = writeCommand(id, 's', frame)
  assert.equal(plain.flags, 0)
  assert.deepEqual(readCommand(plain.data, plain.flags), { id, topic: 's', terms: undefined, frame })
  const terms = { until: 1.8e12 + 0.5, desired: 2 ** 32 - 1, by: 'rule/7 “名”' }
  const full = writeCommand(id, 'c', frame, terms)
  assert.equal(full.flags, recordFlag.terms)
  const moved = Buffer.concat([Buffer.alloc(3), full.data]).subarray(3)
  assert.deepEqual(readCommand(moved, full.flags), { id, topic: 'c', terms, frame })
})
