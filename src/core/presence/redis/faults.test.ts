/** Redis dies, hangs, forgets and comes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'redis'
import { isPandoError } from '#lib/errors.ts'
import { breakingEngine, type OwnEngine, onEngine } from '../../../../test/support/engines.ts'
import { until } from '../../../../test/world/wait.ts'
import { openPresence } from '../open.ts'
import type { Presence, Route } from '../port.ts'

const TIMEOUT = 1000
const BACK = 5000
const TTL = 60_000
const route = (device: number, epoch: number): Route => ({
  device,
  node: 'n1',
  epoch,
  protocol: 'mqtt',
  address: 'a:1',
  since: epoch,
})
const unavailable = (e: unknown) => isPandoError(e, 'unavailable')

const answers = (p: Presence) =>
  until(
    'answer of Redis',
    () =>
      p.count().then(
        () => true,
        () => false,
      ),
    BACK,
  )

// ENG-17
onEngine('redis', (server) => {
  test('presence redis: a start that makes no sense is refused, and no password is repeated', async () => {
    const refused = async (url: string, code: 'config_invalid' | 'unavailable', text: RegExp) => {
      const clean = (e: unknown) =>
        isPandoError(e, code) && text.test(e.message) && !/secret-of/.test(e.message + JSON.stringify(e.params))
      await assert.rejects(openPresence(url, {}), clean, url)
    }
    const at = new URL(server)
    await refused('redis://:secret-of@127.0.0.1:1', 'unavailable', /redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
    await refused(`redis://user:secret-of@${at.host}`, 'config_invalid', new RegExp(`${at.host}.*WRONGPASS`))
    await refused(`redis://${at.host}/many`, 'config_invalid', /database of Redis is a number/)
    await refused(`redis://${at.host}?pool=3`, 'config_invalid', /no parameter pool; possible: .*prefix/)
  })
})

breakingEngine('redis', (begin) => {
  const broken = (what: string, act: (engine: OwnEngine, p: Presence) => Promise<void>) =>
    test(`presence redis: ${what}`, async () => {
      const engine = await begin()
      const presence = await openPresence(`${engine.url}?timeout=${TIMEOUT}`, {})
      try {
        assert.equal(await presence.lease('n1', TTL), false)
        await presence.complete('n1')
        assert.equal(await presence.lease('n1', TTL), true)
        assert.equal(await presence.whole(['n1']), true)
        await act(engine, presence)
      } finally {
        await presence.close()
        await engine.stop()
      }
    })

  // ENG-18, ENG-16
  broken('killed and back it may have forgotten something, so nodes announce', async (engine, p) => {
    await p.claim([route(1, 1)])
    await engine.kill()
    await assert.rejects(p.claim([route(2, 2)]), unavailable)
    assert.equal(p.health().state, 'down')
    assert.match(String(p.health().error), new RegExp(new URL(engine.url).host))
    await engine.start()
    await answers(p)
    assert.equal(p.health().state, 'ok')
    assert.equal(await p.claim([route(2, 2)]), undefined)
    assert.equal(await p.lease('n1', TTL), false)
    await p.restore([route(1, 1)])
    assert.equal((await p.routes([1]))[0]?.epoch, 1)
    await p.complete('n1')
    assert.equal(await p.lease('n1', TTL), true)
  })

  // ENG-16
  broken('emptied by accident: nodes announce', async (engine, p) => {
    await p.claim([route(1, 1)])
    const client = await createClient({ url: engine.url }).connect()
    await client.flushAll()
    client.destroy()
    assert.deepEqual(await p.routes([1]), [undefined])
    assert.equal(await p.lease('n1', TTL), false)
  })

  // ENG-18
  broken('frozen: all are answered in time, and a claim that it made too late is taken back', async (engine, p) => {
    await engine.pause()
    try {
      const started = performance.now()
      for (const a of await Promise.allSettled(Array.from({ length: 3000 }, (_, i) => p.claim([route(i + 1, 5)])))) {
        assert.equal(a.status, 'rejected')
        assert.ok(unavailable((a as PromiseRejectedResult).reason))
      }
      // far less than one time-out for each
      assert.ok(performance.now() - started < 30 * TIMEOUT)
      assert.equal(p.health().state, 'down')
    } finally {
      await engine.resume()
    }
    await answers(p)
    await until('end of claims that nobody waits for', async () => (await p.count()) === 0)
    await p.claim([route(1, 9)])
    assert.equal(await p.count(), 1)
  })
})
