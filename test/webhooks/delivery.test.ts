import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { answers, type HookReceiver, hookReceiver } from '../support/hookreceiver.ts'
import { countEvent, startWebhooks, until, type Webhooks } from '../support/webhooks.ts'

describe('webhooks', () => {
  it('tells', async () => {
    const r = await hookReceiver()
    const w = await startWebhooks()
    w.addDevice(7)
    w.addApplication(r.url)
    await w.write([countEvent(7, 1), countEvent(7, 2)])
    await until(
      () => r.hooks.length === 2,
      () => `${r.hooks.length} hooks`,
    )
    await w.stop()
    await r.close()
  })
})
