import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIFETIME_MS, Recent } from './recent.ts'

const octets = (text: string) => Buffer.from(text)
const LONG = 'an answer of more octets than its place has'

// COAP-3
test('requests are remembered with their answers, short or long, by peer and message id, for their lifetime', () => {
  const recent = new Recent()
  const first = recent.add(1, 7, 0)
  const other = recent.add(2, 7, 0)
  assert.deepEqual([recent.find(1, 7, 0), recent.find(2, 7, 0), recent.find(1, 8, 0)], [first, other, -1])
  assert.equal(recent.answer(first), undefined)
  recent.answered(first, 1, 7, octets('short'))
  recent.answered(other, 2, 7, octets(LONG))
  assert.deepEqual(
    [first, other].map((p) => String(recent.answer(p))),
    ['short', LONG],
  )
  recent.answered(other, 2, 7, octets('then short'))
  assert.equal(String(recent.answer(other)), 'then short')
  assert.equal(recent.find(1, 7, LIFETIME_MS), -1)
  const again = recent.add(1, 7, LIFETIME_MS)
  assert.equal(recent.find(1, 7, LIFETIME_MS), again)
})

// COAP-14
test('of more requests than there is room for the oldest are forgotten, and an answer that comes too late is nobody’s', () => {
  const recent = new Recent()
  const most = 1 << 17
  const late = recent.add(9, 9, 0)
  for (let i = 0; i < 3 * most; i++) {
    const [peer, id] = [1 + (i % 1000), i & 0xffff]
    const place = recent.add(peer, id, 0)
    if (i % 3 === 0) recent.answered(place, peer, id, octets(i % 2 ? 'x' : LONG))
  }
  assert.equal(recent.find(9, 9, 0), -1)
  const before = recent.answer(late)
  recent.answered(late, 9, 9, octets('late'))
  assert.deepEqual(recent.answer(late), before)
  for (let i = 2 * most; i < 3 * most; i += 997) {
    const place = recent.find(1 + (i % 1000), i & 0xffff, 0)
    assert.ok(place >= 0, `request ${i}`)
    const answer = i % 3 !== 0 ? undefined : i % 2 ? 'x' : LONG
    assert.equal(recent.answer(place)?.toString(), answer)
  }
  for (let i = 0; i < 2 * most; i += 997) assert.equal(recent.find(1 + (i % 1000), i & 0xffff, 0), -1, `request ${i}`)
})
