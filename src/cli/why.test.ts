import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '#contracts/judgement.ts'
import { answerOf } from './why.ts'

const device = { identifier: '1-1-lamp' }
const offline = { at: 2000, kind: 'offline', cause: 'keepalive_timeout', params: {} }
const online = { at: 1000, kind: 'online', params: {} }
const refused = { at: 3000, kind: 'diary', cause: 'token_unknown', params: {} }
const of = (...diary: Parameters<typeof answerOf>[2]) => answerOf(device, undefined, diary).sentence

// DIARY-3
test('online: since when, how, from where', () => {
  const route = { device: 1, node: 'pando-1', epoch: 5, protocol: 'mqtt', address: '10.0.0.7:4711', since: 1000 }
  const { online, sentence } = answerOf(device, route, [])
  assert.equal(online, true)
  assert.equal(sentence, '1-1-lamp: Online since 1970-01-01T00:00:01.000Z. By mqtt from 10.0.0.7:4711, held by pando-1.')
})

// DIARY-3
test('offline: how the last connection ended', () => {
  assert.equal(
    of(offline, online),
    '1-1-lamp: Offline since 1970-01-01T00:00:02.000Z (keepalive_timeout). Nothing came for 1.5 times the keep-alive time.',
  )
})

test('offline and refused since: the refusal is what keeps it offline', () => {
  assert.match(
    of(refused, offline, online),
    /^1-1-lamp: Turned away once, at 1970-01-01T00:00:03.000Z \(token_unknown\)\. Refused.*offline since 1970-01-01T00:00:02.000Z/,
  )
  assert.match(of(offline, { ...refused, at: 1500 }), /keepalive_timeout/)
})

// DIARY-4
test('the judgement is that of the management API, with what mends it', () => {
  const diary = [refused, offline, online]
  const { code, params, since, sure, actions, todo } = answerOf(device, undefined, diary, 5000)
  assert.deepEqual({ code, params, since, sure, actions }, judge(diary, undefined, 5000))
  assert.match(todo!, /log in again/)
})

test('causes carry their help; the newest entries are shown', () => {
  assert.equal(answerOf(device, undefined, [offline]).diary[0]!.help, 'Nothing came for 1.5 times the keep-alive time.')
  assert.equal(answerOf(device, undefined, Array(50).fill(offline)).diary.length, 10)
})
