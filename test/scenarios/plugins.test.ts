/** Plugins through the front door: hooks where decisions are made, and a codec from the device's octets to applications and back. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { allow, type Hooks, refuse } from '#lib/hooks.ts'
import type { Codec } from '#protocol/codec.ts'
import { decodeEvent, encodeEvent } from '#protocol/frames.ts'
import { definePlugin, type Plugin } from '#src/plugins.ts'
import { startCloud, type TestCloudOptions, testDevice } from '#src/testing/index.ts'
import { hookReceiver } from '../support/hookreceiver.ts'
import { until } from '../world/wait.ts'

const o = { onError: 'refuse', timeoutMs: 1000 } as const
const hooking = <K extends keyof Hooks>(at: K, fn: Hooks[K]): Plugin =>
  definePlugin({ name: 'guard', api: '^1', setup: (p) => p.hook(at, fn, o) })

const config = {
  objects: [
    {
      no: 1,
      label: 'light',
      part: 1,
      status: [
        { value_type: 7, name: 'on' },
        { value_type: 8, name: 'level' },
      ],
    },
  ],
  commands: [{ no: 5, name: 'blink', part: 1, priority: 0, params: [{ value_type: 7, name: 'times' }] }],
  events: [{ no: 6, name: 'pressed', part: 1, priority: 0, params: [{ value_type: 12, name: 'how' }] }],
}

async function world(t: TestContext, options: TestCloudOptions, model: object = config) {
  const receiver = await hookReceiver()
  t.after(() => receiver.close())
  const cloud = await startCloud(options)
  t.after(() => cloud.stop())
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'Acme', description: '' })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'lamp', description: '', config: JSON.stringify(model) })
  const about = { name: 'app', description: '', domain: '*', reportUrl: receiver.url, reportToken: 't' }
  const application = await registry.addApplication({ ...about, tags: ['event', 'status'] })
  const ask = async (method: string, identifier: string, path: string, body?: object) => {
    const address = `${cloud.listen['apiprovider']}/application/v1/devices/${identifier}${path}`
    const headers = { 'App-Key': application.key }
    const answer = await fetch(address, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return (await answer.json()) as { code: number; message: string; data?: unknown }
  }
  const device = (code = 'lamp-1') => testDevice(cloud, { productKey: product.key, code })
  return { cloud, application, receiver, product, ask, device }
}

// PLUG-4
test('hook register: a refused device reads the reason, and is not made', async (t) => {
  const seen: unknown[] = []
  const guard = hooking('register', async (r) => {
    seen.push(r)
    return r.code.startsWith('lamp') ? allow : refuse('only lamps')
  })
  const { cloud, device, product } = await world(t, { plugins: [guard] })
  await device('lamp-1')
  await assert.rejects(device('toaster'), /refused: \d+ only lamps/)
  assert.deepEqual(
    (await cloud.peers.registry.devices({ productId: product.id })).items.map((d) => d.code),
    ['lamp-1'],
  )
  const { vendorId, id } = product
  const identifier = `${vendorId.toString(16)}-${id.toString(16)}-lamp-1`
  assert.deepEqual(seen[0], {
    productId: id,
    productName: 'lamp',
    vendorId,
    identifier,
    code: 'lamp-1',
    version: 'pando-device 1',
  })
})

// PLUG-4
test('hook connect: the diary tells the reason; the others of the same batch come in', async (t) => {
  const guard = hooking('connect', async ({ device, protocol }) => {
    assert.equal(protocol, 'mqtt')
    return device.code === 'bad' ? refuse('it is stolen') : allow
  })
  const { cloud, device } = await world(t, { plugins: [guard], calls: 'encoded' })
  const [good, bad] = [await device('good'), await device('bad')]
  const [first, second] = await Promise.allSettled([good.connect(), bad.connect()])
  assert.equal(first.status, 'fulfilled')
  assert.match(String((second as PromiseRejectedResult).reason), /0x87/)
  const entry = await until('the refusal in the diary', async () => {
    const { items } = await cloud.peers.controller.diary({ deviceId: bad.id })
    return items.find((e) => e.cause === 'plugin_refused')
  })
  assert.equal(entry.params['reason'], 'it is stolen')
})

test('hook connect: one that hangs refuses when its time is over', async (t) => {
  const { cloud, device } = await world(t, { plugins: [hooking('connect', () => new Promise(() => {}))] })
  const waiting = (await device()).connect()
  const outcome = assert.rejects(waiting, /0x87/)
  for (let i = 0; i < 20; i++) await new Promise((done) => setTimeout(done, 5))
  await cloud.pass(2000)
  await outcome
})

// PLUG-4
test('hook command: an application reads the reason, the device gets nothing', async (t) => {
  const seen: unknown[] = []
  const guard = hooking('command', async ({ device, kind, values }) => {
    seen.push([device.code, kind, values])
    return kind === 'status' ? allow : refuse('not at night')
  })
  const { cloud, device, ask } = await world(t, { plugins: [guard] })
  const lamp = await device()
  await lamp.connect()
  assert.equal((await lamp.next()).topic, 'c', 'the clock')
  const set = ask('PUT', lamp.identifier, '/status', { light: [1, 2] })
  assert.equal((await lamp.next()).topic, 's')
  assert.equal((await set).code, 0)
  assert.deepEqual(await ask('POST', lamp.identifier, '/commands', { blink: [3] }), { code: 10008, message: 'not at night' })
  const { sendCommand } = cloud.peers.controller
  const kept = sendCommand({ deviceId: lamp.id, kind: 'command', name: 'blink', params: '[3]', ttl: 60_000 })
  await assert.rejects(kept, { code: 'plugin_refused', message: 'not at night' })
  await cloud.peers.controller.setDesired({ deviceId: lamp.id, values: '{"light":[1,3]}' })
  assert.deepEqual(seen, [
    ['lamp-1', 'status', { light: [1, 2] }],
    ['lamp-1', 'command', { blink: [3] }],
    ['lamp-1', 'command', { blink: [3] }],
    ['lamp-1', 'status', { light: [1, 3] }],
  ])
})

// PLUG-4
test('hook command: rules are asked too; the run tells the reason', async (t) => {
  const guard = hooking('command', async () => refuse('not at night'))
  const { cloud, device } = await world(t, { plugins: [guard] })
  const lamp = await device()
  await lamp.connect()
  const { controller } = cloud.peers
  const then = '[{"do":"command","name":"blink","params":[3]}]'
  const definition = `{"device":"${lamp.identifier}","on":{"kind":"event","name":"pressed"},"then":${then}}`
  const rule = await controller.saveRule({ name: 'r', enabled: true, applicationId: 0, definition })
  const { no, part: subDevice, priority } = config.events[0]!
  await lamp.publish('e', encodeEvent({ no, subDevice, priority, types: [12], values: ['long'] }))
  const run = await until('the run', async () => (await controller.runs({ ruleId: rule.id })).items[0])
  assert.match(run.trace, /not at night/)
})

const pressed = (how: string) => Buffer.from(`pressed ${how}`)
/** `light 1 80`, `pressed long`, and back */
const words: Codec = {
  decode(frame, _model, kind) {
    const [name = '', ...values] = Buffer.from(frame).toString().split(' ')
    return kind === 'event' ? { event: { name, values } } : { status: { [name]: values.map(Number) } }
  },
  encode(c) {
    if (c.kind === 'command' && c.values[0] === 13n) throw new Error('13 is bad luck')
    const parts = c.kind === 'command' ? [c] : c.objects.map((s) => ({ ...s, name: s.label }))
    return Buffer.from(parts.map((p) => [p.name, ...p.values].join(' ')).join('\n'))
  },
}
const speaking = definePlugin({ name: 'words', api: '^1', setup: (p) => p.codec('words', words) })
const foreign = { ...config, codec: 'words' }
const text = (m: { payload: Uint8Array }) => Buffer.from(m.payload).toString()

// PLUG-4
test('hook delivery: a webhook that is refused is kept as a dead letter with the reason; the receiver is not to blame', async (t) => {
  const guard = hooking('delivery', async ({ body, reportUrl }) => {
    assert.match(reportUrl, /^http:/)
    return body.includes('secret') ? refuse('it tells a secret') : allow
  })
  const { cloud, device, receiver, application } = await world(t, { plugins: [guard, speaking] }, foreign)
  const lamp = await device()
  await lamp.connect()
  await lamp.publish('e', pressed('secret'))
  await lamp.publish('e', pressed('twice'))
  await until('the other webhook', () => receiver.hooks.length > 0)
  assert.deepEqual(
    receiver.hooks.map((h) => h.json.data),
    [{ pressed: ['twice'] }],
  )
  const letter = await until('the dead letter', async () => (await cloud.peers.notifier.deadLetters({})).items[0])
  assert.deepEqual([letter.applicationId, letter.lastError], [application.id, 'refused by a plugin: it tells a secret'])
  assert.equal((await cloud.peers.notifier.state({})).items[0]?.state, 'ok')
  assert.match((await cloud.peers.notifier.redeliver({ id: letter.id })).error ?? '', /it tells a secret/)
})

// PLUG-5
test('hook accepted: told of what is durable, frames of codecs as our own', async (t) => {
  const told: [string, number, unknown][] = []
  const listener = hooking('accepted', (batch) => {
    for (const r of batch.records()) told.push([r.kind, r.device, r.kind === 'event' ? decodeEvent(r.data).values : undefined])
  })
  const { device } = await world(t, { plugins: [listener, speaking] }, foreign)
  const lamp = await device()
  await lamp.connect()
  await lamp.publish('e', pressed('long'))
  await lamp.publish('e', Buffer.from('nonsense'))
  assert.deepEqual(
    told.filter(([kind, id]) => id === lamp.id && kind !== 'diary'),
    [
      ['online', lamp.id, undefined],
      ['event', lamp.id, ['long']],
      ['undecodable', lamp.id, undefined],
    ],
  )
})

for (const calls of ['direct', 'encoded'] as const) {
  // PLUG-6
  test(`codec: from the device's octets to applications, and back (${calls})`, async (t) => {
    const { device, ask, receiver } = await world(t, { plugins: [speaking], calls }, foreign)
    const lamp = await device()
    await lamp.connect()
    await lamp.publish('s', Buffer.from('light 1 80'), 2)
    await lamp.publish('e', pressed('long'))
    assert.deepEqual((await ask('GET', lamp.identifier, '/status/latest')).data, { light: [1, 80] })
    await until('two webhooks', () => receiver.hooks.length === 2)
    assert.deepEqual(
      receiver.hooks.map((h) => [h.json.tag, h.json.data]),
      [
        ['status', { light: [1, 80] }],
        ['event', { pressed: ['long'] }],
      ],
    )

    const set = ask('PUT', lamp.identifier, '/status', { light: [0, 7] })
    assert.deepEqual(text(await lamp.next()), 'light 0 7')
    assert.equal((await set).code, 0)
    const blink = ask('POST', lamp.identifier, '/commands', { blink: [3] })
    assert.deepEqual(text(await lamp.next()), 'blink 3')
    assert.equal((await blink).code, 0)

    const current = ask('GET', lamp.identifier, '/status/current')
    assert.equal(text(await lamp.next()), 'report_status')
    await lamp.publish('s', Buffer.from('light 0 7'))
    assert.deepEqual((await current).data, { light: [0, 7] })
  })
}

// PLUG-7
test('codec: what cannot be read changes nothing, is counted, and is acknowledged: it is kept', async (t) => {
  const { cloud, device, ask } = await world(t, { plugins: [speaking] }, foreign)
  const lamp = await device()
  await lamp.connect()
  await lamp.publish('s', Buffer.from('light 1 80'))
  for (const bad of ['light 1', 'dark 1', 'light 256 1', '']) await lamp.publish('s', Buffer.from(bad))
  assert.deepEqual((await ask('GET', lamp.identifier, '/status/latest')).data, { light: [1, 80] })
  const metrics = await (await fetch(`${cloud.listen['ops']}/metrics`)).text()
  const counted = [...metrics.matchAll(/^pando_codec_failures_total\{service="controller",reason="(\w+)"\} (\d+)$/gm)].map(
    (m) => [m[1], m[2]],
  )
  assert.deepEqual(Object.fromEntries(counted), { wrong_count: '1', object_unknown: '2', value_out_of_range: '1' })
})

// PLUG-7
test('codec: what it cannot express is refused before anything is sent', async (t) => {
  const counting = { ...words, encode: () => assert.fail('too loud') }
  const plugin = definePlugin({ name: 'words', api: '^1', setup: (p) => p.codec('words', counting) })
  const { device, ask } = await world(t, { plugins: [plugin] }, foreign)
  const lamp = await device()
  await lamp.connect()
  const answer = await ask('POST', lamp.identifier, '/commands', { blink: [3] })
  assert.deepEqual([answer.code, answer.message], [10005, 'the codec of the product cannot express this'])
})

// PLUG-6
test('codec: frames are kept as they came, so that they can be read when the plugin is there (again)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pando-codec-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { PANDO_DATA_DIR: folder }
  const first = await world(t, { env, plugins: [speaking] }, foreign)
  await first.device()
  await first.cloud.stop()

  const without = await startCloud({ env })
  t.after(() => without.stop())
  const { registry, controller } = without.peers
  const [product] = (await registry.products({})).items
  const lamp = await testDevice(without, { productKey: product!.key, code: 'lamp-1' })
  await lamp.connect()
  await lamp.publish('s', Buffer.from('light 1 80'))
  assert.equal((await controller.latest({ deviceId: lamp.id })).json, '{}')
  await without.stop()

  // what the current status was made of is gone: it is made again from the log
  rmSync(join(folder, 'history'), { recursive: true })
  const again = await startCloud({ env, plugins: [speaking] })
  t.after(() => again.stop())
  assert.equal((await again.peers.controller.latest({ deviceId: lamp.id })).json, '{"light":[1,80]}')
})

test('codec: a product cannot name one that is not there', async (t) => {
  await assert.rejects(world(t, {}, foreign), { code: 'model_invalid', message: 'codec: words is not loaded; there are pando' })
})

test('a service of a plugin is one of the cloud: it is started, listens, is called by others and stopped', async (t) => {
  let stopped = false
  const echo = definePlugin({
    name: 'echo',
    api: '^1',
    setup: (p) =>
      p.service('echoaccess', {
        opens: [],
        calls: ['controller'],
        load: async () => ({
          async start(s) {
            s.onStop(() => void (stopped = true))
            assert.ok(s.peers.controller)
            return { listen: { echoaccess: 'echo://127.0.0.1:7' } }
          },
        }),
      }),
  })
  const { cloud, product } = await world(t, { plugins: [echo] })
  assert.equal(cloud.listen['echoaccess'], 'echo://127.0.0.1:7')
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${cloud.listen['httpaccess']}/v1/devices/${path}`, { method: 'POST', body: JSON.stringify(body) })
    return ((await answer.json()) as { data: Record<string, string> }).data
  }
  const { device_id, device_secret } = await post('registration', { product_key: product.key, device_code: 'x', version: '1' })
  const login = await post('authentication', { device_id, device_secret, protocol: 'echo' })
  assert.equal(login['access_addr'], '127.0.0.1:7')
  await cloud.stop()
  assert.ok(stopped)
})

test('an engine of a plugin is chosen by its scheme', async (t) => {
  const opened: string[] = []
  const { localQueue } = await import('#core/queue/local/queue.ts')
  const mine = definePlugin({
    name: 'mine',
    api: '^1',
    setup: (p) =>
      p.engine('queue', 'mine', async (url, options) => {
        opened.push(url.href)
        return localQueue(options)
      }),
  })
  await world(t, { plugins: [mine], env: { PANDO_QUEUE_URL: 'mine://host/path' } })
  assert.deepEqual(opened, ['mine://host/path'])
  await assert.rejects(
    startCloud({ env: { PANDO_QUEUE_URL: 'mine://host/path' } }),
    /queue: no engine for "mine:"; possible: local:/,
  )
})
