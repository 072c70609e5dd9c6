import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { type EngineTable, openEngine, schemeOf } from './engines.ts'

const table: EngineTable<string, { n: number }> = {
  memory: (url, o) => `${url} ${o.n}`,
  redis: async () => 'redis',
}

test('the scheme of the URL names the engine, which gets the URL as it was written', async () => {
  assert.equal(await openEngine('presence', table, 'memory:./a b', { n: 7 }), 'memory:./a b 7')
  assert.equal(await openEngine('presence', table, 'redis://x', { n: 7 }), 'redis')
})

test('an unknown scheme is refused with the possible ones, and no password is repeated', async () => {
  for (const url of ['etcd://user:hunter2@h', 'toString:', 'hunter2', '']) {
    await assert.rejects(openEngine('presence', table, url, { n: 0 }), (e: unknown) => {
      assert.ok(isPandoError(e, 'config_invalid'))
      assert.match(e.message, /presence: .*memory:, redis:/)
      assert.doesNotMatch(e.message + JSON.stringify(e.params), /hunter2/)
      return true
    })
  }
})

test('schemes are read from the URL', () => {
  assert.equal(schemeOf('nsq+tls://h'), 'nsq+tls')
  assert.equal(schemeOf('no scheme:'), undefined)
})
