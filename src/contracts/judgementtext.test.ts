import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cause, causes } from './causes.ts'
import { causeText } from './causetext.ts'
import { type Judgement, judge } from './judgement.ts'
import { judgementText } from './judgementtext.ts'

const entry = (kind: string, cause: Cause, at: number) => ({ at, kind, cause, params: {} })
const online = { at: 1000, kind: 'online', params: {} }
const names = Object.keys(causes) as Cause[]
const times = { when: (at: number) => `t${at / 1000}`, span: (ms: number) => `${ms / 1000} s` }
const inEnglish = (j: Judgement) => judgementText('en', j, times)
const inChinese = (j: Judgement) => judgementText('zh', j, times)

// DIARY-4
test('each cause that a connection ends with has its sentence, in both languages', () => {
  for (const cause of names.filter((c) => causes[c].no < 30)) {
    const judged = judge([entry('offline', cause, 2000), online], undefined, 10_000_000)
    assert.equal(judged.code, 'offline')
    const { head, text } = inEnglish(judged)
    assert.deepEqual([head, text], ['Offline since t2', causes[cause].help])
    assert.deepEqual(inChinese(judged).text, causeText('zh', cause))
    assert.match(causeText('zh', cause), /[\u4e00-\u9fff]/, cause)
  }
})

// DIARY-4
test('each cause of a refusal has its sentence, how often and how regularly, and what mends it', () => {
  for (const cause of names.filter((c) => causes[c].no >= 30)) {
    const once = judge([entry('diary', cause, 3000), entry('offline', 'disconnected', 2000), online], undefined, 10_000_000)
    assert.equal(once.code, 'refused')
    const { head, text, todo } = inEnglish(once)
    assert.deepEqual([head, text], ['Turned away once, at t3', `${causes[cause].help} It has been offline since t2.`])
    assert.ok(todo !== undefined || cause === 'session_gone', cause)
    assert.equal(inChinese(once).todo !== undefined, todo !== undefined, cause)
    const often = judge(
      [9000, 6000, 3000].map((at) => entry('diary', cause, at)),
      undefined,
      10_000_000,
    )
    assert.deepEqual(inEnglish(often).head, 'Turned away 3 times since t3, every 3 s')
    assert.deepEqual(inChinese(often).head, '自 t3 起被拒绝 3 次，每 3 s 一次')
  }
})

const said = (j: Partial<Judgement>) => inEnglish({ params: {}, since: 0, sure: true, actions: [], ...j } as Judgement)

test('online, flapping, logged in, registered, nothing', () => {
  const route = { device: 1, node: 'n', epoch: 5, protocol: 'mqtt', address: '10.0.0.7:4711', since: 1000 }
  const up = inEnglish(judge([], route, 2000))
  assert.deepEqual([up.head, up.text], ['Online since t1', 'By mqtt from 10.0.0.7:4711, held by n.'])
  assert.equal(up.todo, undefined)
  const ends = [400, 300, 200, 100].map((s) => entry('offline', 'taken_over', s * 1000))
  const flapping = inEnglish(judge(ends, undefined, 500_000))
  assert.equal(flapping.head, 'It comes and goes: 4 connections ended in 600 s')
  assert.equal(flapping.text, 'The last: The same device connected again; one connection a device. It is offline at the moment.')
  assert.match(flapping.todo!, /same identity/)
  assert.match(
    inEnglish(judge([entry('diary', 'logged_in', 1)], undefined, 2)).head,
    /logged in at .*, but has opened no connection/,
  )
  assert.match(inEnglish(judge([entry('diary', 'registered', 1)], undefined, 2)).head, /Registered at .*, not logged in yet/)
  assert.match(said({ code: 'nothing' }).head, /Nothing is known/)
  assert.match(said({ code: 'offline' }).text, /No cause is known/)
})
