/** The resources, by the way that people and scripts go. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { AdminProblem } from '#contracts/admin/client.ts'
import { vectors } from '../vectors/read.ts'
import { until } from '../world.ts'
import { doorOfFile, sampleStatus } from './door.ts'

const { world, door } = await doorOfFile()

const lamp = vectors<object>('docs-product')

const refusedWith = async (status: number, code: string, act: Promise<unknown>): Promise<AdminProblem> => {
  const e = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(e instanceof AdminProblem, `answered instead of ${status} ${code}`)
  assert.deepEqual([e.problem.status, e.code], [status, code], JSON.stringify(e.problem))
  return e
}

const newProduct = async (model: unknown = lamp) => {
  const vendor = await door.client('POST /vendors', { body: { name: 'Acme' } })
  return door.client('POST /products', { body: { vendor: vendor.id, name: 'lamp', model } })
}

// ADM-6
test('lists go on by cursor, and end', async () => {
  const names: string[] = []
  for (let i = 0; i < 7; i++) names.push((await door.client('POST /vendors', { body: { name: `v${i}` } })).name)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await door.client('GET /vendors', { query: { limit: 3, cursor } })
    assert.ok(page.items.length <= 3)
    seen.push(...page.items.map((v) => v.name))
    cursor = page.next
  } while (cursor !== undefined)
  assert.deepEqual(seen.slice(-7), names)
  await refusedWith(400, 'invalid', door.client('GET /vendors', { query: { cursor: 'not a cursor' } }))
})

// ADM-7
test('what was changed meanwhile is not overwritten: 412 shows what it is now', async () => {
  const v = await door.client('POST /vendors', { body: { name: 'one' } })
  const got = await door.ask('GET', `/vendors/${v.id}`)
  assert.equal(got.headers.get('etag'), `"${v.revision}"`)
  const changed = await door.client('PATCH /vendors/{id}', { params: v, body: { name: 'two' }, ifMatch: v.revision })
  const late = door.client('PATCH /vendors/{id}', { params: v, body: { name: 'three' }, ifMatch: v.revision })
  const { problem } = await refusedWith(412, 'precondition_failed', late)
  assert.deepEqual(problem.current, changed)
  await refusedWith(412, 'precondition_failed', door.client('DELETE /vendors/{id}', { params: v, ifMatch: '"1"' }))
  await refusedWith(400, 'invalid', door.client('DELETE /vendors/{id}', { params: v, ifMatch: 'W/"2"' }))
  await door.client('DELETE /vendors/{id}', { params: v, ifMatch: '*' })
})

// ADM-8
test('S-22: a repeat with the same Idempotency-Key is answered, not done again', async () => {
  const body = { name: 'only once' }
  const headers = { 'Idempotency-Key': 'a-key' }
  const first = await door.ask('POST', '/vendors', { headers, body })
  const again = await door.ask('POST', '/vendors', { headers, body })
  assert.deepEqual([again.status, again.json, again.headers.get('idempotency-replayed')], [201, first.json, 'true'])
  assert.equal(again.headers.get('etag'), '"1"')
  const other = await door.ask('POST', '/vendors', { headers, body: { name: 'another' } })
  assert.deepEqual([other.status, other.json.code], [422, 'idempotency_reused'])
  const path = await door.ask('POST', '/saved-views', { headers, body: { name: 'v', filter: '' } })
  assert.equal(path.status, 422)
  const elsewhere = await door.ask('POST', '/vendors', { token: await door.tokenOf('Administrator'), headers, body })
  assert.notEqual(elsewhere.json.id, first.json.id)
  const many = await Promise.all(
    Array.from({ length: 8 }, () =>
      door.ask('POST', '/vendors', { headers: { 'Idempotency-Key': 'storm' }, body: { name: 'storm' } }),
    ),
  )
  assert.deepEqual([...new Set(many.map((m) => m.status))].sort(), [...new Set([201, ...many.map((m) => m.status)])].sort())
  const { items } = await door.client('GET /vendors', { query: { limit: 1000 } })
  assert.equal(items.filter((v) => v.name === 'storm').length, 1)
  // what was refused may be tried again with the same key
  const wrong = { headers: { 'Idempotency-Key': 'k3' }, body: { vendor: 999_999, name: 'p' } }
  assert.equal((await door.ask('POST', '/products', wrong)).status, 404)
  assert.equal((await door.ask('POST', '/products', wrong)).status, 404)
})

// ADM-9
test('B-09: bodies of every wrong form are refused, field by field, and nothing is polluted', async () => {
  const post = (raw: string) => door.ask('POST', '/vendors', { raw })
  const pointers = async (raw: string) => {
    const said = await post(raw)
    assert.equal(said.status, 400, raw.slice(0, 80))
    return said.json.errors.map((e: { pointer: string; code: string }) => [e.pointer, e.code])
  }
  assert.deepEqual(await pointers('{"name":1}'), [['/body/name', 'type']])
  assert.deepEqual(await pointers('{}'), [['/body/name', 'required']])
  assert.deepEqual(await pointers('{"name":""}'), [['/body/name', 'minLength']])
  assert.deepEqual(await pointers('{"name":"a","nmae":1}'), [['/body/nmae', 'unknown_field']])
  assert.deepEqual(await pointers('{"name":"a","__proto__":{"admin":true}}'), [['/body/__proto__', 'unknown_field']])
  assert.deepEqual(await pointers('{"name":"a","a/b~c":1}'), [['/body/a~1b~0c', 'unknown_field']])
  for (const raw of ['', '[', '[]', 'null', '1', '"x"', '{"name":"a"}{}', "{'name':'a'}", '\u0000', '{"name":NaN}'])
    assert.equal((await post(raw)).status, 400, raw)
  assert.deepEqual(await pointers('['.repeat(100_000)), [['/body', 'json_too_deep']])
  assert.deepEqual(await pointers(`{"name":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`), [['/body', 'json_too_deep']])
  assert.equal(({} as { admin?: unknown }).admin, undefined)
  const big = await door.ask('GET', '/vendors/9007199254740993')
  assert.equal(big.status, 400)
  const bad = await fetch(`${door.base}/admin/v1/vendors`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${door.token}` },
    body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
  })
  assert.equal(bad.status, 400)
})

// ADM-9
test('B-10: packed and oversized bodies are refused before they are read', async () => {
  const headers = { Authorization: `Bearer ${door.token}`, 'Content-Encoding': 'gzip' }
  const packed = await fetch(`${door.base}/admin/v1/vendors`, { method: 'POST', headers, body: gzipSync(Buffer.alloc(10 << 20)) })
  assert.equal(packed.status, 415)
  const big = await fetch(`${door.base}/admin/v1/vendors`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${door.token}` },
    body: Buffer.alloc(6 << 20, 0x20),
  })
  assert.deepEqual([big.status, ((await big.json()) as { code: string }).code], [413, 'too_large'])
  const nobody = await fetch(`${door.base}/admin/v1/vendors`, { method: 'POST', body: '{"name":"x"}' })
  assert.equal(nobody.status, 401)
})

// ADM-10
test('what is written lands in the audit log with before and after, secrets masked; the chain holds', async () => {
  const v = await door.client('POST /vendors', { body: { name: 'before' } })
  await door.client('PATCH /vendors/{id}', { params: v, body: { name: 'after' } })
  const { items } = await door.client('GET /audit', { query: { object: `vendor/${v.id}` } })
  assert.equal(items.length, 2)
  const [edit] = items
  assert.deepEqual([(edit!.before as { name: string }).name, (edit!.after as { name: string }).name], ['before', 'after'])
  assert.match(edit!.actor, /^token\/\d+$/)
  assert.equal(edit!.addr, '127.0.0.1')
  const secret = 'a-token-that-nobody-must-see'
  const made = await door.client('POST /applications', { body: { name: 'a', scope: '*', token: secret } })
  const log = (await door.ask('GET', '/audit?limit=1000')).body
  for (const canary of [secret, made.key, made.signing_secret, v.key!]) assert.equal(log.includes(canary), false)
  assert.equal((await door.client('GET /audit/verify')).ok, true)
})

// ADM-11
test('a model goes from draft by check to the next version; firmware can keep the old one', async () => {
  const p = await newProduct()
  await door.client('POST /devices', { body: { product: p.id, code: 'old', firmware: '1.0' } })
  await door.client('POST /devices', { body: { product: p.id, code: 'new', firmware: '2.0' } })
  const { model } = await door.client('GET /products/{id}/models/{version}', { params: { id: p.id, version: 1 } })
  const next = structuredClone(model) as { objects: { label: string; no: number; unit?: string }[] }
  next.objects[0]!.label = 'renamed'
  next.objects.push({ no: 77, label: 'added', unit: '°C' })
  const draft = await door.client('PUT /products/{id}/draft', { params: p, body: { model: next } })
  await refusedWith(
    412,
    'precondition_failed',
    door.client('PUT /products/{id}/draft', { params: p, body: { model }, ifMatch: 99 }),
  )
  const checked = await door.client('POST /products/{id}/draft/check', { params: p })
  const codes = checked.changes.map((c) => [c.code, c.severity, c.devices])
  assert.deepEqual(codes, [
    ['object_renamed', 'breaking', 2],
    ['object_added', 'info', 2],
  ])
  const pins = [{ firmware: '1.0', model: 1 }]
  const body = { note: 'renamed an object', pins }
  const published = await door.client('POST /products/{id}/draft/publish', { params: p, body, ifMatch: draft.revision })
  assert.deepEqual([published.model, published.pins], [2, pins])
  const { items } = await door.client('GET /devices', { query: { product: p.id } })
  assert.deepEqual(
    items.map((d) => [d.code, d.model]),
    [
      ['old', 1],
      ['new', 2],
    ],
  )
  await refusedWith(404, 'not_found', door.client('GET /products/{id}/draft', { params: p }))
  const versions = await door.client('GET /products/{id}/models', { params: p })
  assert.deepEqual(
    versions.items.map((m) => [m.version, m.note]),
    [
      [2, 'renamed an object'],
      [1, ''],
    ],
  )
  await door.client('PUT /products/{id}/draft', { params: p, body: { model: { objects: [{ no: 'x' }] } } })
  const wrong = await door.client('POST /products/{id}/draft/check', { params: p })
  assert.deepEqual(
    wrong.errors.map((e) => e.code),
    ['model_wrong_format'],
  )
  await refusedWith(400, 'model_invalid', door.client('POST /products/{id}/draft/publish', { params: p, body: { note: '' } }))
})

// ADM-12
test('a device is found by key, identifier and client id, shows its values, and is asked for them', async () => {
  const device = await world.connected()
  for (const query of [{ key: device.key }, { identifier: device.identifier }, { client_id: device.clientId }]) {
    const { items } = await door.client('GET /devices', { query })
    assert.deepEqual(
      items.map((d) => [d.id, d.state]),
      [[device.id, 'online']],
    )
  }
  assert.deepEqual((await door.client('GET /devices', { query: { key: 'f'.repeat(64) } })).items, [])
  const label = device.model.objects.find((o) => o.status.length === 1)?.label ?? device.model.objects[0]!.label
  await device.status(sampleStatus(device.model, label))
  const values = await until('values of the device', async () => {
    const found = await door.client('GET /devices/{id}/values', { params: device })
    return label in found && found
  })
  assert.ok(Object.values(values[label]!).every((v) => v.at > 0))
  const row = await door.client('GET /devices/{id}', { params: device })
  assert.ok(row.last_report > 0)
})

// ADM-13
test('why is it offline: one judgement from the diary, and a way to mend it', async () => {
  const device = await world.connected()
  const online = await door.client('GET /devices/{id}/diary', { params: device })
  assert.equal(online.answer.code, 'online')
  const token = device.token
  await device.login()
  device.token = token
  await device.drop()
  await until(
    'the end of the connection',
    async () => (await door.client('GET /devices/{id}', { params: device })).state !== 'online',
  )
  await assert.rejects(device.connect())
  const diary = await until('a refusal', async () => {
    const d = await door.client('GET /devices/{id}/diary', { params: device })
    return d.answer.code === 'refused' && d
  })
  assert.deepEqual([diary.answer.params['cause'], diary.answer.actions], ['token_unknown', ['accept-token']])
  assert.equal(diary.presence.at(-1)!.state, 'offline')
  const mended = await door.client('POST /devices/{id}/actions', { params: device, body: { action: 'accept-token' } })
  assert.equal(mended.done, true)
  // a node may hear only now that the newer token is none any more, and turns away whoever is about to come in
  await device.comeBack()
  const cut = await door.client('POST /devices/{id}/actions', { params: device, body: { action: 'disconnect' } })
  assert.deepEqual(cut, { done: true, closed: 1 })
  const after = await until('the end', async () => {
    const d = await door.client('GET /devices/{id}/diary', { params: device })
    return d.answer.code === 'offline' && d
  })
  assert.equal(after.answer.params['cause'], 'closed_by_operator')
})

// ADM-14
test('a command is kept for a device that is offline, seen, cancelled, and sent', async () => {
  const device = await world.device()
  const { name, params } = device.model.commands.find((c) => c.params.length === 0) ?? device.model.commands[0]!
  const values = params.map((p) => (p.valueType === 13 ? true : p.valueType === 12 ? 'x' : p.valueType === 11 ? 'AAEC' : 1))
  const body = { command: name, params: values }
  await refusedWith(409, 'device_offline', door.client('POST /devices/{id}/commands', { params: device, body }))
  const kept = await door.client('POST /devices/{id}/commands', { params: device, body: { ...body, ttl_s: 3600 } })
  assert.equal(kept.state, 'accepted')
  const cancelled = await door.client('DELETE /commands/{id}', { params: kept })
  assert.equal(cancelled.state, 'cancelled')
  await refusedWith(409, 'conflict', door.client('DELETE /commands/{id}', { params: kept }))
  const second = await door.client('POST /devices/{id}/commands', { params: device, body: { ...body, ttl_s: 3600 } })
  await device.connect()
  await until('the delivery', async () => (await door.client('GET /commands/{id}', { params: second })).at.delivered)
  const { items } = await door.client('GET /devices/{id}/commands', { params: device })
  assert.deepEqual(
    items.map((c) => c.id),
    [second.id, kept.id],
  )
  const bad = door.client('POST /devices/{id}/commands', { params: device, body: { command: 'no such command' } })
  await refusedWith(400, 'frame_invalid', bad)
  const both = { command: name, set: {} }
  await refusedWith(400, 'invalid', door.client('POST /devices/{id}/commands', { params: device, body: both }))
  await refusedWith(404, 'not_found', door.client('GET /commands/{id}', { params: { id: 'nothing' } }))
})

// ADM-15
test('a view is frozen: its rows stay where they are while devices come and go; 410 when it is not kept', async () => {
  const product = { ...(await newProduct()), model: (await world.product()).model }
  const made = await Promise.all(
    ['a', 'b', 'c'].map((code) =>
      door.client('POST /devices', { body: { product: product.id, code, tags: code === 'a' ? ['first'] : [] } }),
    ),
  )
  const open = (filter: string, sort = '') => door.client('POST /device-views', { body: { filter, sort } })
  const codes = async (view: string) =>
    (await door.client('GET /device-views/{view}/rows', { params: { view } })).items.map((r) => r.identifier.split('-').at(-1))
  const all = await open(`product:${product.id}`, '-code')
  assert.deepEqual([all.total, all.states, await codes(all.view)], [3, { never: 3 }, ['c', 'b', 'a']])
  assert.deepEqual(await codes((await open(`product:${product.id} tag:first`)).view), ['a'])
  assert.deepEqual(await codes((await open(`product:${product.id} state:online`)).view), [])
  await door.client('DELETE /devices/{id}', { params: made[1]!.device })
  const rows = await door.client('GET /device-views/{view}/rows', { params: { view: all.view } })
  assert.deepEqual([rows.items.length, rows.total, rows.would_move], [2, 3, 1])
  await refusedWith(410, 'gone', door.client('GET /device-views/{view}/rows', { params: { view: 'unknown' } }))
  const { errors } = (await refusedWith(400, 'invalid', open('stat:online'))).problem
  assert.deepEqual([errors![0]!.pointer, errors![0]!.params['nearest']], ['/body/filter', 'state'])
  await refusedWith(400, 'invalid', open('', 'nonsense'))
})

// ADM-16
test('an application shows key and signing secret once; its deliveries can be tried, held back and verified', async () => {
  const url = new URL('/admin', world.hooks.url).href
  const made = await door.client('POST /applications', { body: { name: 'app', scope: '*', url, events: ['event', 'online'] } })
  const params = made.application
  assert.equal((await door.ask('GET', `/applications/${params.id}`)).body.includes(made.key), false)
  assert.equal((await door.client('POST /applications/{id}/test', { params })).delivered, true)
  const paused = await door.client('POST /applications/{id}/pause', { params })
  assert.deepEqual([paused.state, paused.paused], ['paused', true])
  assert.equal((await door.client('POST /applications/{id}/resume', { params })).paused, false)
  const { key } = await door.client('POST /applications/{id}/key', { params })
  assert.notEqual(key, made.key)
  const seconds = Math.floor(Date.now() / 1000)
  const secret = Buffer.from(made.signing_secret.replace('whsec_', ''), 'base64')
  const sign = (at: number) => `v1,${createHmac('sha256', secret).update(`m1.${at}.body`).digest('base64')}`
  const verify = (timestamp: number, signature: string) =>
    door.client('POST /webhooks/verify', {
      body: { application: params.id, id: 'm1', timestamp: String(timestamp), signature, body: 'body' },
    })
  assert.deepEqual(await verify(seconds, sign(seconds)), { ok: true, code: 'ok' })
  assert.equal((await verify(seconds, sign(seconds - 1))).code, 'signature_wrong')
  assert.equal((await verify(seconds - 3600, sign(seconds - 3600))).code, 'timestamp_old')
  assert.equal((await verify(seconds, 'nonsense')).code, 'signature_malformed')
  assert.deepEqual((await door.client('GET /applications/{id}/deliveries', { params })).items, [])
})

test('a frame is read octet by octet, as far as it goes', async () => {
  const device = await world.device()
  const label = device.model.objects[0]!.label
  const frame = Buffer.from(device.statusFrame(sampleStatus(device.model, label)))
  const body = { hex: frame.toString('hex'), kind: 'status' as const, product: (await deviceRow(device.id)).product }
  const whole = await door.client('POST /frames/decode', { body })
  assert.equal(whole.ok, true)
  assert.equal(
    whole.fields.reduce((n, f) => n + f.len, 0),
    frame.length,
  )
  assert.ok(whole.fields.every((f) => f.known))
  const cut = await door.client('POST /frames/decode', { body: { ...body, hex: body.hex.slice(0, -2) } })
  assert.deepEqual([cut.ok, cut.reason?.code], [false, 'tlv_truncated'])
  assert.ok(cut.reason!.offset < frame.length)
  await refusedWith(400, 'invalid', door.client('POST /frames/decode', { body: { hex: 'abc' } }))
})

test('the fleet at a glance, figures, system, settings, addresses, lines to paste', async () => {
  const device = await world.connected()
  const overview = await door.client('GET /overview')
  assert.ok(overview.devices.total >= 1 && overview.newest.length >= 1)
  const connects = await door.client('GET /series', { query: { name: 'connects', points: 10 } })
  assert.equal(connects.t.length, connects.v.length)
  assert.ok(connects.max.at(-1)! >= 1)
  const system = await door.client('GET /system')
  const scheme = world.place.devicelog === undefined ? 'file' : 'mongodb'
  assert.deepEqual([system.state, system.engines.find((e) => e.port === 'devicelog')?.scheme], ['ok', scheme])
  assert.ok(system.disk.used > 0 && system.disk.free > 0)
  const { items } = await door.client('GET /system/config')
  assert.ok(String(items.find((s) => s.name === 'PANDO_DATA_DIR')?.value).startsWith(world.dataDir))
  const { product } = await deviceRow(device.id)
  const lines = await door.client('GET /products/{id}/snippets', { params: { id: product }, query: { serial: "it's" } })
  const { key } = await door.client('GET /products/{id}', { params: { id: product } })
  assert.ok(lines.items.length >= 6 && lines.items.every((l) => l.text.includes(key!)))
  const endpoints = await door.client('GET /endpoints')
  assert.ok(endpoints.items.some((e) => world.every('mqttaccess').includes(e.url)))
})

// ADM-23
test('history of a device: one value by time, all that it said, CSV; how a value divides over the fleet', async () => {
  const device = await world.connected()
  const object = device.model.objects.find((o) => o.status.some((p) => p.name && p.valueType === 8)) ?? device.model.objects[0]!
  const number = object.status.find((p) => p.valueType === 8) ?? object.status[0]!
  for (let i = 0; i < 3; i++) await device.status(sampleStatus(device.model, object.label))
  const query = { object: object.label, value: number.name }
  const series = await until('values in history', async () => {
    const found = await door.client('GET /devices/{id}/series', { params: device, query })
    return found.t.length >= 3 && found
  })
  assert.deepEqual([series.step, series.v.slice(-1)], [0, [1]])
  const buckets = await door.client('GET /devices/{id}/series', {
    params: device,
    query: { ...query, every: 60_000, fn: 'count' },
  })
  assert.equal(buckets.v.reduce<number>((n, v) => n + Number(v), 0) >= 3, true)
  const { status, json } = await door.ask('GET', `/devices/${device.id}/series?object=nothing`)
  const [{ pointer, code, params }] = json.errors
  assert.deepEqual([status, pointer, code, params.possible.length > 0], [400, '/query/object', 'name_unknown', true])
  const said = await door.client('GET /devices/{id}/history', { params: device, query: { order: 'desc', limit: 2 } })
  assert.deepEqual([said.items.length, said.items[0]!.kind, typeof said.next], [2, 'status', 'string'])
  const csv = await door.ask('GET', `/devices/${device.id}/export.csv`)
  assert.match(csv.headers.get('content-type')!, /^text\/csv/)
  assert.match(csv.headers.get('content-disposition')!, /^attachment; filename="[\w.-]+\.csv"$/)
  assert.equal(csv.body.split('\r\n', 1)[0], 'time,device_time,object,name,value')
  assert.ok(csv.body.split('\n').length > 3)
  const lines = await door.ask('GET', `/devices/${device.id}/export.ndjson?kinds=status`)
  assert.match(lines.headers.get('content-type')!, /^application\/x-ndjson/)
  assert.match(lines.headers.get('content-disposition')!, /^attachment; filename="[\w.-]+\.ndjson"$/)
  const { items } = await door.client('GET /devices/{id}/history', { params: device, query: { kinds: ['status'] } })
  assert.deepEqual(
    lines.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    items,
  )
  const { product } = await deviceRow(device.id)
  const divided = await door.client('GET /products/{id}/histogram', { params: { id: product }, query })
  assert.deepEqual([divided.counts.reduce((a, b) => a + b, 0), divided.complete], [divided.devices, true])
})

// ADM-24
test('a rule is checked, tried on the past, saved, switched, changed to its next version, restored', async () => {
  const device = await world.connected()
  const body = {
    device: device.identifier,
    on: { kind: 'online' as const },
    // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
    then: [{ do: 'status' as const, values: {} }],
  }
  const bad = await door.client('POST /rules/check', { body: { ...body, when: 'nothing.here > 1' } })
  assert.ok(bad.errors.length > 0)
  // what an author may say is told while it is not right yet
  const { name: event, params } = device.model.events[0]!
  const unsaid = await door.client('POST /rules/check', { body: { ...body, on: { kind: 'event', name: event }, when: 'event.' } })
  assert.deepEqual([unsaid.errors.at(-1)?.pointer, unsaid.names['now']], ['/when', 'timestamp'])
  for (const p of params) assert.ok(unsaid.names[`event.${p.name}`], p.name)
  assert.ok(Object.keys(unsaid.names).some((name) => name.startsWith('status.')))
  const { device: _, ...never } = { ...body, on: { kind: 'timer' as const, cron: '0 8 * * *' } }
  assert.equal((await door.client('POST /rules/check', { body: never })).ticks.length, 5)
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  const good = { ...body, on: { kind: 'event' as const, name: event }, then: [{ do: 'webhook' as const, data: { n: 1 } }] }
  const application = (await door.client('POST /applications', { body: { name: 'rules', scope: '*' } })).application.id
  const checked = await door.client('POST /rules/check', { body: { ...good, application } })
  assert.deepEqual(checked.errors, [])
  const span = { from: Date.now() - 3_600_000, to: Date.now() }
  const dry = await door.client('POST /rules/dry-runs', { body: { ...good, application, ...span } })
  assert.deepEqual([dry.state, dry.result?.fired], ['done', 0])
  assert.deepEqual(await door.client('GET /rules/dry-runs/{run}', { params: { run: dry.id } }), dry)
  const saved = await door.client('POST /rules', { body: { ...good, application, name: 'tell' } })
  assert.deepEqual([saved.version, saved.enabled, saved.on], [1, true, good.on])
  const off = await door.client('PATCH /rules/{id}', { params: saved, body: { enabled: false }, ifMatch: saved.revision })
  assert.deepEqual([off.enabled, off.version], [false, 1])
  const limit = { but: { atMost: { n: 1, per: 60_000 } } }
  const next = await door.client('PATCH /rules/{id}', { params: saved, body: limit })
  assert.deepEqual([next.version, next.but, next.enabled], [2, limit.but, false])
  await refusedWith(412, 'precondition_failed', door.client('PATCH /rules/{id}', { params: saved, body: limit, ifMatch: 1 }))
  const back = await door.client('POST /rules/{id}/versions/{version}/restore', { params: { id: saved.id, version: 1 } })
  assert.deepEqual([back.version, back.but], [3, undefined])
  const { items } = await door.client('GET /rules/{id}/versions', { params: saved })
  assert.deepEqual(
    items.map((v) => v.version),
    [3, 2, 1],
  )
  const wrong = await refusedWith(
    400,
    'invalid',
    door.client('POST /rules', { body: { ...good, application, name: 'x', when: '1 +' } }),
  )
  assert.equal(wrong.problem.errors?.[0]?.pointer, '/body/when')
  await door.client('PATCH /rules/{id}', { params: saved, body: { enabled: true } })
  await device.event(
    event,
    device.model.events[0]!.params.map((p) => (p.valueType === 12 || p.valueType === 11 ? 'x' : p.valueType === 13 ? true : 1)),
  )
  const run = await until(
    'a run of the rule',
    async () => (await door.client('GET /rules/{id}/runs', { params: saved })).items[0],
  )
  assert.equal(typeof run.trace, 'object')
  await door.client('DELETE /rules/{id}', { params: saved })
  await refusedWith(404, 'not_found', door.client('GET /rules/{id}', { params: saved }))
})

const deviceRow = (id: number) => door.client('GET /devices/{id}', { params: { id } })
