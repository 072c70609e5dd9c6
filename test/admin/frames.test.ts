/** Frames of the past through the management API: found, read octet by octet, discarded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../world.ts'
import { doorOfFile, sampleStatus } from './door.ts'

const { world, door } = await doorOfFile()

const frames = (query: object) => door.client('GET /frames', { query })

// FRAMES-1
test('what a device sent is found and read, by its model and by another version', async () => {
  const d = await world.connected()
  const label = d.model.objects[0]!.label
  await d.status(sampleStatus(d.model, label))
  await d.publish('s', Buffer.from(d.statusFrame(sampleStatus(d.model, label))).subarray(0, 40))
  const items = await until('two frames', async () => {
    const found = await frames({ device: d.id })
    return found.items.length >= 2 && found.items
  })
  const [cut, whole] = items as [(typeof items)[0], (typeof items)[0]]
  assert.deepEqual([cut.kind, cut.dir, cut.bytes, cut.state], ['undecodable', 'up', 40, 'undecodable'])
  assert.deepEqual([whole.kind, whole.names, whole.state], ['status', [label], 'ok'])
  const { product } = await door.client('GET /devices/{id}', { params: { id: d.id } })
  for (const query of [{ product }, { quarantine: true, device: d.id }, { quarantine: true }])
    assert.equal((await frames(query)).items[0]!.id, cut.id)
  assert.deepEqual((await frames({ device: d.id, dir: 'down' })).items, [])
  assert.deepEqual((await frames({ dir: 'down', kind: 'status' })).items, [])
  const read = await door.client('GET /frames/{id}', { params: { id: whole.id } })
  assert.deepEqual([read.frame, read.decoded.ok], [whole, true])
  assert.ok(read.decoded.fields.length > 3 && read.decoded.fields.every((f) => f.known))
  await door.client('PUT /products/{id}/draft', { params: { id: product }, body: { model: { objects: [] } } })
  await door.client('POST /products/{id}/draft/publish', { params: { id: product }, body: { note: '' } })
  const later = await door.client('GET /frames/{id}', { params: { id: whole.id }, query: { model: 2 } })
  assert.ok(later.decoded.fields.some((f) => !f.known))
  for (const path of [`/frames/${whole.id}?model=9`, '/frames/1-1-1', '/frames/nothing'])
    assert.equal((await door.ask('GET', path)).status, 404, path)
  assert.equal((await door.ask('GET', '/frames?cursor=x')).json.errors[0].pointer, '/query/cursor')
})

// QUAR-3
test('what nobody needs of quarantine is discarded, once and with its entry in the audit log', async () => {
  const made = await world.product()
  const product = made.id
  await (await world.connected({ product: made })).publish('s', Buffer.alloc(40, 1))
  const discard = (query: { dry_run?: boolean } = {}) => door.client('POST /quarantine/discard', { query, body: { product } })
  await until('a frame in quarantine', async () => (await discard({ dry_run: true })).discards === 1)
  assert.deepEqual(await discard(), { discards: 1, done: 0 })
  assert.deepEqual(await discard(), { discards: 0, done: 1 })
  const { items } = await door.client('GET /quarantine', { query: { product } })
  assert.deepEqual([items.length, items[0]!.discarded], [1, true])
  const { decoded } = await door.client('GET /frames/{id}', { params: { id: items[0]!.id } })
  assert.equal(decoded.ok, false)
  const audit = await door.client('GET /audit', { query: { object: `product/${product}` } })
  assert.deepEqual(audit.items[0]!.after, { discards: 0, done: 1 })
})
