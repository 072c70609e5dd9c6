/** Requests that are wrong, and what is told of them: where, and what would be right. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdminProblem } from '#contracts/admin/client.ts'
import { vectors } from '../vectors/read.ts'
import { doorOfFile } from './door.ts'

const { door } = await doorOfFile()

const lamp = vectors<object>('docs-product')
const newProduct = async () => {
  const vendor = await door.client('POST /vendors', { body: { name: 'Acme' } })
  return door.client('POST /products', { body: { vendor: vendor.id, name: 'lamp', model: lamp } })
}

/** What a rule says. */
// biome-ignore lint/suspicious/noExplicitAny: also what is none
const sentence = (on: unknown, ...acts: unknown[]): any =>
  Object.fromEntries([
    ['on', on],
    ['then', acts],
  ])
const sampleValues = { atmosphere: [1, 2, 3] }

/** What a 412 says that it is now. */
async function currentOf(act: Promise<unknown>): Promise<unknown> {
  const e = await act.catch((thrown: unknown) => thrown)
  assert.ok(e instanceof AdminProblem && e.problem.status === 412, String(e))
  return e.problem.current
}

// ADM-7
test('what an action is about is not acted on when it was changed meanwhile', async () => {
  const product = await newProduct()
  const draft = await door.client('PUT /products/{id}/draft', { params: product, body: { model: lamp } })
  const late = { params: product, ifMatch: draft.revision + 1 }
  const publish = door.client('POST /products/{id}/draft/publish', { ...late, body: { note: '' } })
  assert.deepEqual(await currentOf(publish), draft)
  const rule = await door.client('POST /rules', {
    body: { name: 'r', product: product.id, ...sentence({ kind: 'online' }, { do: 'status', values: sampleValues }) },
  })
  const restore = { params: { id: rule.id, version: 1 }, ifMatch: rule.revision + 1 }
  assert.deepEqual(await currentOf(door.client('POST /rules/{id}/versions/{version}/restore', restore)), rule)
})

// ADM-9
test('of alternatives only the one that was meant is held against a request', async () => {
  const product = await newProduct()
  const errorsOf = async (method: string, path: string, body: unknown) => {
    const said = await door.ask(method, path, { body })
    assert.equal(said.status, 400, said.body)
    return said.json.errors.map((e: { pointer: string; code: string; params: object }) => [e.pointer, e.code, e.params])
  }
  const rule = sentence({ kind: 'online' }, { do: 'action', name: 'beep' })
  assert.deepEqual(await errorsOf('POST', '/rules/check', rule), [['/body/then/0/input', 'required', {}]])
  const kinds = { allowedValues: ['event', 'status', 'timer', 'online', 'offline'] }
  const unknownKind = sentence({ kind: 'bell' }, { do: 'webhook', data: 1 })
  assert.deepEqual(await errorsOf('POST', '/rules/check', unknownKind), [
    ['/body/on/kind', 'enum', kinds],
    ['/body/then/0/data', 'type', { type: 'object' }],
  ])
  assert.deepEqual(await errorsOf('POST', '/rules/check', sentence(7, {})), [
    ['/body/on', 'type', { type: 'object' }],
    ['/body/then/0/do', 'required', {}],
  ])
  const tags = { allowedValues: ['event', 'status', 'online', 'offline'] }
  const app = { name: 'a', scope: '*', events: ['event', 'bell'] }
  assert.deepEqual(await errorsOf('POST', '/applications', app), [['/body/events/1', 'enum', tags]])
  const { device } = await door.client('POST /devices', { body: { product: product.id, code: 'd' } })
  assert.deepEqual(await errorsOf('PUT', `/devices/${device.id}/desired`, { 'a/b': { on: 1 } }), [
    ['/body/a~1b', 'type', { type: ['array', 'null'] }],
  ])
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]))
  assert.equal((await errorsOf('POST', '/vendors', { name: 'v', ...many })).length, 20)
})

// ADM-9
test('values that do not fit the model are told where they stand', async () => {
  const product = await newProduct()
  const { device } = await door.client('POST /devices', { body: { product: product.id, code: 'e' } })
  const at = async (method: string, path: string, body: unknown) => {
    const { json } = await door.ask(method, `/devices/${device.id}${path}`, { body })
    assert.equal(json.code, 'frame_invalid', JSON.stringify(json))
    return [json.errors[0].pointer, json.errors[0].code, json.detail]
  }
  const command = (body: object) => at('POST', '/commands', { ttl_s: 60, ...body })
  assert.deepEqual(await command({ command: 'nosuch' }), ['/body/command', 'command_unknown', 'no command is called "nosuch"'])
  const few = 'upgrade takes 2 values (url, md5), got 1'
  assert.deepEqual(await command({ command: 'upgrade', params: ['u'] }), ['/body/params', 'wrong_count', few])
  const [pointer, code, detail] = await command({ set: { atmosphere: [1, 70_000, 3] } })
  assert.deepEqual([pointer, code], ['/body/set/atmosphere/1', 'value_out_of_range'])
  assert.match(detail, /position 2 \(humidity\) of atmosphere: expected uint16/)
  assert.deepEqual((await at('PUT', '/desired', { atmosphere: [1, 2, 'x'] })).slice(0, 2), [
    '/body/atmosphere/2',
    'value_wrong_type',
  ])
})
