/** `Idempotency-Key` and deeds of which somebody who does them does not say what became of them. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { systemClock } from '#lib/service.ts'
import { makeWorld, needsEmbedded, type World } from '../world.ts'
import { type Ask, type Door, openDoor } from './door.ts'

const lost = async (): Promise<never> => {
  throw new PandoError('unavailable', 'there is no answer')
}

let world: World
let door: Door
let late = 0
let device: number
let keys = 0

if (!needsEmbedded.skip) {
  before(async () => {
    world = await makeWorld({ clock: { ...systemClock, now: () => systemClock.now() + late } })
    door = await openDoor(world)
  })
  beforeEach(async () => {
    device = (await world.device({ product: await world.product() })).id
  })
  after(() => world.close())
}

type Method = (input: unknown) => Promise<unknown>
type Service = 'registry' | 'controller' | 'notifier'

/** The next call of a service's method is this one. */
function next(service: Service, method: string, f: (call: Method, input: unknown) => Promise<unknown>): void {
  const face = world.peers[service] as unknown as Record<string, Method>
  const call = face[method]!
  face[method] = (input) => {
    face[method] = call
    return f(call, input)
  }
}

const fails = (method: string) => next('registry', method, lost)
/** It is done, and its answer is lost. */
const loses = (service: Service, method: string) =>
  next(service, method, async (call, input) => {
    await call(input)
    return lost()
  })

const headers = () => ({ 'Idempotency-Key': `key-${++keys}` })
const command = (value = 1): Ask => ({ headers: headers(), body: { command: 'switch', params: [value, 2], ttl_s: 3600 } })
const send = (o: Ask) => door.ask('POST', `/devices/${device}/commands`, o)
const sent = async () => (await door.client('GET /devices/{id}/commands', { params: { id: device } })).items.map((c) => c.id)
const named = async (name: string) =>
  (await door.client('GET /vendors', { query: { limit: 1000 } })).items.filter((v) => v.name === name).length

/** Longer than any request is taken to be under way. */
const aWhile = () => {
  late += 61_000
}

const taken = async (state: 'running' | 'interrupted', said: ReturnType<typeof send>) => {
  const { status, json, headers } = await said
  assert.deepEqual([status, json.code, json.params], [409, 'conflict', { state }])
  assert.equal(headers.get('retry-after'), state === 'running' ? '1' : null)
}

// ADM-8
test(
  'an answer that cannot be kept is given; the repeat is told to come again, and gets the same command',
  needsEmbedded,
  async () => {
    const asked = command()
    fails('idempotencyFinish')
    const first = await send(asked)
    assert.equal(first.status, 202, first.body)
    await taken('running', send(asked))
    aWhile()
    const again = await send(asked)
    assert.deepEqual([again.status, again.json.id], [202, first.json.id], again.body)
    assert.deepEqual(await sent(), [first.json.id])
    assert.equal((await send(asked)).headers.get('idempotency-replayed'), 'true')
  },
)

// ADM-8
test('a command whose answer is lost on the way is the same one when it is asked for again', needsEmbedded, async () => {
  const asked = command()
  loses('controller', 'sendCommand')
  assert.equal((await send(asked)).status, 503)
  const [id] = await sent()
  const again = await send(asked)
  assert.deepEqual([again.status, again.json.id], [202, id], again.body)
  assert.deepEqual(await sent(), [id])
  assert.equal((await send({ ...asked, body: command(2).body })).status, 422)
})

// ADM-8
test('another request under the key of one whose answer was lost is a command of its own', needsEmbedded, async () => {
  const asked = command()
  loses('controller', 'sendCommand')
  assert.equal((await send(asked)).status, 503)
  const other = await send({ ...asked, body: command(2).body })
  assert.deepEqual([other.status, other.json.params], [202, [2, 2]], other.body)
  assert.equal((await sent()).length, 2)
})

// ADM-8
test('what has no name of its own is not done again where it is not known what became of it', needsEmbedded, async () => {
  for (const [name, breaks, status] of [
    ['not kept', () => fails('idempotencyFinish'), 201],
    ['not told', () => loses('registry', 'addVendor'), 503],
  ] as const) {
    const asked = { headers: headers(), body: { name } }
    const add = () => door.ask('POST', '/vendors', asked)
    breaks()
    assert.equal((await add()).status, status)
    await taken('running', add())
    aWhile()
    await taken('interrupted', add())
    assert.equal(await named(name), 1)
  }
})

// ADM-8
test('what was refused, in its form or by its state, may be asked again under its key', needsEmbedded, async () => {
  const wrong = { headers: headers(), body: { command: 'switch', set: {} } }
  for (let i = 0; i < 2; i++) assert.equal((await send(wrong)).status, 400)
  const { product } = await door.client('GET /devices/{id}', { params: { id: device } })
  await door.client('PUT /products/{id}/draft', { params: { id: product }, body: { model: { objects: [] } } })
  const stale = { headers: { ...headers(), 'If-Match': '"999"' }, body: { note: 'n' } }
  for (let i = 0; i < 2; i++) {
    const { status, body } = await door.ask('POST', `/products/${product}/draft/publish`, stale)
    assert.equal(status, 412, body)
  }
})

// ADM-8
test(
  'a request that was refused at its second step is not done again: what the first has done would be there twice',
  needsEmbedded,
  async () => {
    const { product } = await door.client('GET /devices/{id}', { params: { id: device } })
    const asked = { headers: headers(), body: { count: 2 } }
    const start = () => door.ask('POST', `/products/${product}/virtual-devices`, asked)
    const gone = () => Promise.reject(new PandoError('product_unknown', 'removed meanwhile'))
    next('registry', 'addDevice', async (call, input) => {
      next('registry', 'addDevice', gone)
      return call(input)
    })
    assert.equal((await start()).status, 404)
    await taken('running', start())
    aWhile()
    await taken('interrupted', start())
    assert.equal((await door.client('GET /devices', { query: { product } })).total, 2)
  },
)

const newest = async () => (await door.client('GET /audit', { query: { limit: 1 } })).items[0]!

// AUDIT-3
test('a deed that was refused at its second step has an entry', needsEmbedded, async () => {
  const { product } = await door.client('GET /devices/{id}', { params: { id: device } })
  const redecode = () => door.ask('POST', '/quarantine/redecode', { body: { product } })
  for (const [code, status] of [
    ['model_invalid', 400],
    ['product_unknown', 404],
  ] as const) {
    next('controller', 'redecode', () => Promise.reject(new PandoError(code, 'at the second frame')))
    assert.equal((await redecode()).status, status)
    const { action, after, id } = await newest()
    assert.deepEqual([action, (after as { outcome?: string }).outcome], ['quarantine.redecode', 'unknown'])
    next('controller', 'redecode', () => Promise.reject(new PandoError('invalid', 'in its form')))
    assert.equal((await redecode()).status, 400)
    assert.equal((await newest()).id, id)
  }
})

// AUDIT-3, ADM-8
test(
  'webhooks sent again up to one that is refused were sent: an entry says so, and none is sent twice',
  needsEmbedded,
  async () => {
    const { id } = await world.application({ hook: '/again' })
    const letter = (messageId: string) =>
      world.peers.registry.addDeadLetter({
        ...{ applicationId: id, deviceId: device, messageId, body: '{"tag":"event","data":{}}' },
        ...{ tries: 1, lastError: 'x', failedAt: 1 },
      })
    await letter('msg_1')
    await letter('msg_2')
    const before = (await newest()).id
    const asked = { headers: headers(), body: {} }
    const again = () => door.ask('POST', `/applications/${id}/redeliver`, asked)
    const gone = () => Promise.reject(new PandoError('application_unknown', 'removed meanwhile'))
    next('notifier', 'redeliver', gone)
    assert.equal((await again()).status, 404)
    assert.equal((await newest()).id, before, 'nothing was done')
    next('notifier', 'redeliver', async (call, input) => {
      next('notifier', 'redeliver', gone)
      return call(input)
    })
    assert.equal((await again()).status, 404)
    assert.deepEqual(
      world.hooks.confirmed.map((h) => h.id),
      ['msg_1'],
    )
    const { action, after } = await newest()
    assert.deepEqual([action, (after as { outcome?: string }).outcome], ['delivery.redeliver', 'unknown'])
    await taken('running', again())
    aWhile()
    await taken('interrupted', again())
    assert.equal(world.hooks.confirmed.length, 1)
  },
)

// AUDIT-3
test('an answer does not wait for a registry that takes no entry of the audit log', needsEmbedded, async () => {
  next('registry', 'auditSettle', () => new Promise(() => {}))
  const { status } = await send({ body: command().body })
  assert.equal(status, 202)
})
