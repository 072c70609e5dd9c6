import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Progress } from './progress.ts'

it('the cursor stands before the first batch that is not finished, whatever comes behind it', () => {
  const p = new Progress()
  const [a, b, c] = [p.begin(1, 3), p.begin(1, 5), p.begin(1, 6)]
  assert.equal(p.begin(1, 6), c)
  assert.equal(p.cursor(1, 9), 2)
  p.done(b)
  assert.equal(p.cursor(1, 9), 2)
  p.done(a)
  assert.equal(p.cursor(1, 9), 5)
  p.done(c)
  assert.equal(p.cursor(1, 9), 5, 'two deliveries, one finished')
  p.done(c)
  assert.equal(p.cursor(1, 9), 9)
})

it('streams are apart, and those whose cursor may have moved are named', () => {
  const p = new Progress()
  const a = p.begin(1, 1)
  const b = p.begin(2, 1)
  assert.deepEqual([...p.touched], [])
  p.done(b)
  assert.deepEqual([...p.touched], [2])
  assert.equal(p.cursor(1, 4), 0)
  assert.equal(p.cursor(2, 4), 4)
  p.done(a)
  assert.deepEqual([...p.touched], [2, 1])
})
