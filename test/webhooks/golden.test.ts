import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { recordKind } from '#core/devicelog/batch.ts'
import { systemClock } from '#lib/service.ts'
import { webhookDifferences } from '../differences/webhook.ts'
import { type HookReceiver, hookReceiver } from '../support/hookreceiver.ts'
import { startWebhooks, until, type Webhooks } from '../support/webhooks.ts'
import { octets, vectors } from '../vectors/read.ts'

interface Step {
  name: string
  topic: 's' | 'e'
  frame_hex: string
  device_identifier: string
  webhook_requests: string[]
}

const golden = vectors<{ steps: Step[] }>('webhook')

const DEVICES: Readonly<Record<string, { id: number; productId: number }>> = {
  '1-2-queue1': { id: 1, productId: 2 },
  '1-1-queue2': { id: 2, productId: 1 },
}

/** Request line and headers by lower-case name, and the body, of a request as it was on the wire. */
function parsed(raw: string) {
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 2)]))
  return { path: line.split(' ')[1]!, headers, body }
}

// HOOK-1
describe('golden webhooks, through a real receiver', () => {
  let receiver: HookReceiver
  let w: Webhooks
  before(async () => {
    receiver = await hookReceiver()
    w = await startWebhooks({ clock: systemClock })
    w.registry.models.set(1, JSON.stringify(vectors('docs-product')))
    w.registry.models.set(2, JSON.stringify(vectors('rich-product')))
    for (const [identifier, d] of Object.entries(DEVICES)) w.addDevice(d.id, { ...d, identifier })
    w.addApplication(receiver.url, { reportToken: 'webhook-token-1' })
    w.addApplication(`${receiver.url}-p1`, { reportToken: 'webhook-token-2', domain: 'product/1' })
  })
  after(async () => {
    await w.stop()
    await receiver.close()
  })

  for (const [i, step] of golden.steps.entries()) {
    it(step.name, async () => {
      const expected = (webhookDifferences[step.name]?.ours ?? step.webhook_requests).map(parsed)
      const { id, productId } = DEVICES[step.device_identifier]!
      const time = 1_700_000_000_000 + i
      const kind = step.topic === 's' ? recordKind.status : recordKind.event
      const from = receiver.hooks.length
      await w.write([{ kind, device: id, product: productId, version: 1, time, data: octets(step.frame_hex) }])
      await until(() => receiver.hooks.length >= from + expected.length, 'the webhooks of the case')
      await w.write([])
      const got = receiver.hooks.slice(from).sort((a, b) => (a.path < b.path ? -1 : 1))
      assert.equal(got.length, expected.length)
      for (const [n, e] of expected.entries()) {
        const { path, headers, body } = got[n]!
        assert.equal(path, e.path)
        assert.equal(body, e.body.replace('"timestamp":0', `"timestamp":${time}`))
        for (const name of ['app-token', 'content-type']) assert.equal(headers[name], e.headers[name], name)
        assert.equal(Number(headers['content-length']), Buffer.byteLength(body))
        assert.equal(headers['transfer-encoding'], undefined)
      }
    })
  }

  it('every difference is one of a case that exists', () => {
    for (const name of Object.keys(webhookDifferences))
      assert.ok(golden.steps.some((s) => s.name === name && s.webhook_requests.length > 0))
  })
})
