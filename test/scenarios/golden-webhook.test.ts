/** Every case of test/vectors/webhook.json: published by a device over MQTT, told to applications over HTTP. */
import assert from 'node:assert/strict'
import { webhookDifferences } from '../differences/webhook.ts'
import { octets, vectors } from '../vectors/read.ts'
import { scenario, until } from '../world.ts'

interface Step {
  name: string
  topic: 's' | 'e'
  frame_hex: string
  device_identifier: string
  webhook_requests: string[]
}
const { steps } = vectors<{ steps: Step[] }>('webhook')

// HOOK-1
scenario('golden webhooks, from the device to the application', async (world) => {
  const docs = await world.product({ config: vectors('docs-product') })
  const rich = await world.product({ vendorId: docs.vendorId })
  await world.application({ reportToken: 'webhook-token-1' })
  await world.application({ reportToken: 'webhook-token-2', domain: 'product/1', hook: '/hook-p1' })
  const devices = [
    await world.connected({ product: rich, code: 'queue1' }),
    await world.connected({ product: docs, code: 'queue2', dialect: 'binary' }),
  ]
  assert.deepEqual(
    devices.map((d) => d.identifier),
    ['1-2-queue1', '1-1-queue2'],
  )

  const expected = steps.flatMap((s) => (webhookDifferences[s.name]?.ours ?? s.webhook_requests).map(parsed))
  for (const s of steps) await devices.find((d) => d.identifier === s.device_identifier)!.publish(s.topic, octets(s.frame_hex))
  await until('all webhooks', () => world.hooks.hooks.length >= expected.length)
  const got = world.hooks.hooks.map(({ path, headers, body }) => ({
    path,
    token: headers['app-token'],
    type: headers['content-type'],
    length: Number(headers['content-length']),
    body: body.replace(/"timestamp":\d{13},/, '"timestamp":0,'),
  }))
  const byPath = <T extends { path: string }>(list: T[], path: string) => list.filter((x) => x.path === path)
  for (const path of ['/hook', '/hook-p1']) {
    const ours = byPath(got, path).map(({ length: _, ...rest }) => rest)
    assert.deepEqual(ours, byPath(expected, path))
  }
  for (const h of world.hooks.hooks) assert.equal(Number(h.headers['content-length']), Buffer.byteLength(h.body))
})

/** What counts of a request as it was on the wire. */
function parsed(raw: string) {
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  const header = (name: string) => new RegExp(`\r\n${name}: ([^\r]*)`).exec(head)?.[1]
  return { path: head.split(' ')[1]!, token: header('App-Token'), type: header('Content-Type'), body }
}
