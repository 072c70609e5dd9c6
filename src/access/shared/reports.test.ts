import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEvent, decodeStatus } from '#protocol/frames.ts'
import { eventToJson, parseModel, statusToJson } from '#protocol/model.ts'
import { vectors } from '../../../test/vectors/read.ts'
import { framesOf, MOST_REPORTS } from './reports.ts'

const model = parseModel(JSON.stringify(vectors('rich-product')))
const light = { light: [1, 500] }
const eventName = [...model.eventIndex.byName.values()].find((e) => e.params.length === 0)?.name ?? 'online'

// ACCESS-2
test('reports by name become frames, one or a list with times', () => {
  const [one] = framesOf(model, 'status', light)
  assert.deepEqual({ ...statusToJson(model, decodeStatus(one!)).data }, light)
  const list = framesOf(model, 'status', [{ timestamp: 1_700_000_000_000, status: light }, { status: light }])
  assert.deepEqual(
    list.map((f) => decodeStatus(f).timestamp),
    [1_700_000_000_000, 0],
  )
  const values = eventName === 'online' ? [60] : []
  const [event] = framesOf(model, 'event', { [eventName]: values })
  assert.equal(eventToJson(model, decodeEvent(event!)).name, eventName)
})

// ACCESS-2
test('what does not fit the model is refused by name, and nothing of the list is taken', () => {
  const refused = (said: unknown, text: RegExp, kind: 'status' | 'event' = 'status') =>
    assert.throws(
      () => framesOf(model, kind, said),
      (e: Error & { detail?: string }) => text.test(`${e.message} ${e.detail ?? ''}`),
    )
  refused({ light: [1, 'x'] }, /light/)
  refused({ light: [1] }, /light takes 2 values/)
  refused({ nothing: [1] }, /nothing/)
  refused({}, /empty|status/)
  refused({ light: 1 }, /light takes a list/)
  refused([], /1 to 1000/)
  refused(Array(MOST_REPORTS + 1).fill({ status: light }), /1 to 1000/)
  refused([{ status: light }, { status: light, when: 1 }], /report 2 has the unknown key "when"/)
  refused([{ status: light, timestamp: -1 }], /timestamp/)
  refused([null], /report 1/)
  refused('x', /expected/)
  refused({ a: [], b: [] }, /one name/, 'event')
  refused({ 'no such event': [] }, /no such event/, 'event')
})
