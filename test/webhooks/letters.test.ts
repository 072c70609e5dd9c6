import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { answers, type HookReceiver, hookReceiver } from '../support/hookreceiver.ts'
import { countEvent, startWebhooks, until, type Webhooks } from '../support/webhooks.ts'

describe('dead letters', () => {
  let r: HookReceiver
  let w: Webhooks
  before(async () => {
    r = await hookReceiver()
  })
  after(() => r.close())
  afterEach(async () => {
    await w.stop()
    r.hooks.length = 0
    r.confirmed.length = 0
    r.manner = answers(200)
  })

  async function withDeadLetters(count: number): Promise<void> {
    w = await startWebhooks({ config: { notifierRetryFor: 5000 } })
    w.addDevice(1)
    w.addApplication(r.url)
    r.manner = answers(500)
    for (let i = 1; i <= count; i++) await w.write([countEvent(1, i)])
    await until(
      () => w.registry.letters.length >= count,
      () => `${w.registry.letters.length} letters`,
    )
  }

  // HOOK-7
  it('F-10 what is given up is kept, in order, with its id, tries and last error; what comes later is told again', async () => {
    await withDeadLetters(3)
    const { items } = await w.face.deadLetters({ applicationId: 1 })
    assert.deepEqual(
      items.map((l) => (JSON.parse(l.body) as { data: unknown }).data),
      [{ n: [1] }, { n: [2] }, { n: [3] }],
    )
    for (const l of items) {
      assert.equal(l.lastError, 'answered 500')
      assert.equal(l.deviceId, 1)
      assert.ok(r.hooks.some((h) => h.id === l.messageId && h.body === l.body))
    }
    assert.ok(items[0]!.tries >= 2)
    r.manner = answers(200)
    await w.write([countEvent(1, 4)])
    await until(() => r.confirmed.length === 1, 'told')
    assert.deepEqual(r.confirmed[0]!.json.data, { n: [4] })
    assert.match(await w.metrics.text(), /pando_webhook_dead_total 3/)
  })

  // HOOK-7
  it('sent again: under the same id, removed when it was confirmed, kept when it was not', async () => {
    await withDeadLetters(1)
    const letter = w.registry.letters[0]!
    const failed = await w.face.redeliver({ id: letter.id })
    assert.deepEqual([failed.delivered, failed.status, failed.error], [false, 500, 'answered 500'])
    assert.equal(w.registry.letters.length, 1)
    r.manner = answers(204)
    r.hooks.length = 0
    const done = await w.face.redeliver({ id: letter.id })
    assert.deepEqual([done.delivered, done.status, done.error], [true, 204, undefined])
    assert.deepEqual([r.hooks[0]!.id, r.hooks[0]!.body], [letter.messageId, letter.body])
    assert.equal(w.registry.letters.length, 0)
    await assert.rejects(w.face.redeliver({ id: letter.id }), (e) => isPandoError(e, 'not_found'))
  })

  it('a registry that does not take the letter: nothing is lost', async () => {
    w = await startWebhooks({ config: { notifierRetryFor: 2000 } })
    w.addDevice(1)
    w.addApplication(r.url)
    r.manner = answers(500)
    await w.write([countEvent(1, 1)])
    await until(() => r.hooks.length > 0, 'tried')
    w.registry.down = new PandoError('unavailable', 'down')
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(w.registry.letters.length, 0)
    assert.equal((await w.face.state({})).items[0]!.waiting, 1)
    w.registry.down = undefined
    await until(() => w.registry.letters.length === 1, 'kept')
  })

  it('a test message goes to the receiver at once, paused or not, and says what came back', async () => {
    w = await startWebhooks()
    w.addApplication(r.url, { paused: true })
    const sent = await w.face.test({ applicationId: 1 })
    assert.deepEqual([sent.delivered, sent.status], [true, 200])
    assert.equal(r.hooks[0]!.json.tag, 'test')
    assert.equal(r.hooks[0]!.headers['app-token'], 'token-1')
    await assert.rejects(w.face.test({ applicationId: 9 }), (e) => isPandoError(e, 'application_unknown'))
    w.addApplication('ftp://example.com/')
    const refused = await w.face.test({ applicationId: 2 })
    assert.deepEqual([refused.delivered, refused.status], [false, undefined])
    assert.match(refused.error!, /must begin with http/)
  })
})
