import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { DAY, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'
import { makeIdempotency } from './idempotency.ts'
import { makeSecrets } from './secrets.ts'

describe('REG-10 S-22: Idempotency-Key', () => {
  const dir = tempDir()
  let r: Registry
  const begin = (key: string, requestHash = 'h', principal = 'user/1', attempt: string = randomUUID()) =>
    r.face.idempotencyBegin({ principal, key, requestHash, attempt })
  const finish = (key: string, body = '{}') => r.face.idempotencyFinish({ principal: 'user/1', key, status: 201, body })

  before(async () => {
    r = await startRegistry(dir)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('of many who come with the same one, one does it, and all get its answer', async () => {
    const states = await Promise.all(Array.from({ length: 10 }, () => begin('k1')))
    assert.equal(states.filter((s) => s.state === 'new').length, 1)
    assert.equal(states.filter((s) => s.state === 'running').length, 9)
    await finish('k1', '{"secret":"shown once"}')
    await finish('k1', '{"other":1}')
    assert.deepEqual(await begin('k1'), { state: 'done', status: 201, body: '{"secret":"shown once"}' })
  })

  it('is as new to the attempt that began it, until it is done', async () => {
    for (let i = 0; i < 2; i++) assert.deepEqual(await begin('k4', 'h', 'user/1', 'one'), { state: 'new' })
    assert.equal((await begin('k4', 'h', 'user/1', 'two')).state, 'running')
    await finish('k4')
    assert.equal((await begin('k4', 'h', 'user/1', 'one')).state, 'done')
  })

  it('is the caller’s own, and for one request', async () => {
    await begin('k2')
    await assert.rejects(begin('k2', 'other'), (e) => isPandoError(e, 'conflict'))
    assert.deepEqual(await begin('k2', 'other', 'user/2'), { state: 'new' })
    for (const key of ['', 'x'.repeat(256), '\ud800']) await assert.rejects(begin(key), (e) => isPandoError(e, 'invalid'))
    assert.deepEqual(await begin('__proto__'), { state: 'new' })
  })

  it('may be used again when nothing was done; a request whose process ended is not known to be done', async () => {
    await begin('k3')
    await r.face.idempotencyForget({ principal: 'user/1', key: 'k3' })
    assert.deepEqual(await begin('k3'), { state: 'new' })
    r.clock.at += 60_001
    assert.deepEqual(await begin('k3'), { state: 'interrupted' })
    await r.face.idempotencyForget({ principal: 'user/1', key: 'k1' })
    assert.equal((await begin('k1')).state, 'done', 'what was done is not forgotten')
  })

  it('is kept for a day, then removed', async () => {
    r.clock.at += DAY
    assert.deepEqual(await begin('k1'), { state: 'new' })
    const secrets = makeSecrets('another master key of these tests, long', 1)
    const part = makeIdempotency({ store: r.store, secrets, clock: { now: () => r.clock.at } } as never)
    assert.ok((await part.prune()) >= 3)
    assert.equal(await part.prune(), 0)
    assert.equal((await r.store.select('idempotency', {})).length, 1)
  })
})
