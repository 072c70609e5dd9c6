import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cause, causes } from './causes.ts'
import { type Judgement, judge } from './judgement.ts'
import { sentenceOf, todoOf } from './judgementtext.ts'

const entry = (kind: string, cause: Cause, at: number) => ({ at, kind, cause, params: {} })
const online = { at: 1000, kind: 'online', params: {} }
const names = Object.keys(causes) as Cause[]

// DIARY-4
test('each cause that a connection ends with has its sentence', () => {
  for (const cause of names.filter((c) => causes[c].no < 30)) {
    const judged = judge([entry('offline', cause, 2000), online], undefined, 10_000_000)
    assert.equal(judged.code, 'offline')
    assert.equal(sentenceOf(judged), `offline since 1970-01-01T00:00:02.000Z (${cause}): ${causes[cause].help}`)
  }
})

// DIARY-4
test('each cause of a refusal has its sentence, how often and how regularly, and what mends it', () => {
  for (const cause of names.filter((c) => causes[c].no >= 30)) {
    const once = judge([entry('diary', cause, 3000), entry('offline', 'disconnected', 2000), online], undefined, 10_000_000)
    assert.equal(once.code, 'refused')
    const since = 'offline since 1970-01-01T00:00:02.000Z, and was turned away'
    assert.equal(sentenceOf(once), `${since} at 1970-01-01T00:00:03.000Z (${cause}): ${causes[cause].help}`)
    assert.ok(todoOf(once) !== undefined || cause === 'session_gone', cause)
    const often = judge(
      [9000, 6000, 3000].map((at) => entry('diary', cause, at)),
      undefined,
      10_000_000,
    )
    assert.equal(
      sentenceOf(often),
      `offline, and was turned away 3 times since 1970-01-01T00:00:03.000Z, every 3 s, last at 1970-01-01T00:00:09.000Z (${cause}): ${causes[cause].help}`,
    )
  }
})

const said = (j: Partial<Judgement>) => sentenceOf({ params: {}, since: 0, sure: true, actions: [], ...j } as Judgement)

test('online, flapping, logged in, registered, nothing', () => {
  const route = { device: 1, node: 'n', epoch: 5, protocol: 'mqtt', address: '10.0.0.7:4711', since: 1000 }
  assert.match(
    sentenceOf(judge([], route, 2000)),
    /^online since 1970-01-01T00:00:01.000Z by mqtt from 10\.0\.0\.7:4711, held by n\.$/,
  )
  const ends = [400, 300, 200, 100].map((s) => entry('offline', 'taken_over', s * 1000))
  const flapping = judge(ends, undefined, 500_000)
  assert.equal(
    sentenceOf(flapping),
    'coming and going: 4 connections ended in 10 min, the last (taken_over): The same device connected again; one connection a device. It is offline at the moment.',
  )
  assert.match(todoOf(flapping)!, /same identity/)
  assert.match(sentenceOf(judge([entry('diary', 'logged_in', 1)], undefined, 2)), /logged in at .*, but has opened no connection/)
  assert.match(sentenceOf(judge([entry('diary', 'registered', 1)], undefined, 2)), /registered at .*, but has not logged in yet/)
  assert.match(said({ code: 'nothing' }), /nothing is known/)
  assert.match(said({ code: 'offline' }), /for no cause that is known/)
})
