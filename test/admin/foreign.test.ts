/**
 * S-01, S-02: whoever looks after one vendor or product learns nothing of others, and changes nothing of theirs. Made of the OpenAPI
 * document: each route × each place in which an id can stand.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRandom } from '../fuzz/random.ts'
import type { JsonSchema, Operation } from './checked.ts'
import { doorOfFile, type Said } from './door.ts'
import { operationsOf, request } from './requests.ts'

/** Stands in every name and text of the other vendor. */
const CANARY = 'c4n4ry-0f-th3-0th3r'

interface Things {
  vendor: number
  product: number
  device: number
  application: number
  delivery: number
  waiting: string
  command: string
  frame: string
  rule: number
  key: string
  identifier: string
  client_id: string
}

const { world, door } = await doorOfFile()
const missing: Things = {
  vendor: 999_001,
  product: 999_002,
  device: 999_003,
  application: 999_004,
  delivery: 999_005,
  waiting: '999004.msg_1_1_1',
  command: 'f'.repeat(40),
  frame: 'fffff-fffff-00000000',
  rule: 999_006,
  key: 'f'.repeat(64),
  identifier: 'ffff-ffff-nothing',
  client_id: 'fffff',
}

async function things(name: string): Promise<Things> {
  const { registry, controller } = world.peers
  const vendor = await world.vendor(name)
  const product = await world.product({ vendorId: vendor.id, name })
  const device = await world.device({ product, code: `serial-${vendor.id}` })
  await registry.editDevice({ id: device.id, name, tags: [name] })
  const application = await registry.addApplication({
    name,
    description: name,
    domain: `vendor/${vendor.id}`,
    reportUrl: '',
    reportToken: name,
  })
  const letter = await registry.addDeadLetter({
    applicationId: application.id,
    deviceId: device.id,
    messageId: name,
    body: JSON.stringify({ tag: 'event', identifier: name, data: {} }),
    tries: 1,
    lastError: name,
    failedAt: 1,
  })
  await registry.putDraft({ productId: product.id, config: JSON.stringify({ objects: [], note: name }) })
  const params = device.model.commands[0]!.params.map((p) =>
    p.valueType === 12 || p.valueType === 11 ? '' : p.valueType === 13 ? true : 1,
  )
  const sent = { deviceId: device.id, kind: 'command' as const, name: device.model.commands[0]!.name }
  const command = await controller.sendCommand({ ...sent, params: JSON.stringify(params), ttl: 3_600_000 })
  const [frame] = (await controller.frames({ deviceId: device.id })).items
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  const definition = { device: device.identifier, on: { kind: 'online' }, then: [{ do: 'webhook', data: { note: name } }] }
  const said = { applicationId: application.id, name, enabled: true, definition: JSON.stringify(definition) }
  const rule = await controller.saveRule(said)
  return {
    vendor: vendor.id,
    product: product.id,
    device: device.id,
    application: application.id,
    delivery: letter.id,
    waiting: `${application.id}.msg_1_1_1`,
    command: command.id,
    frame: frame!.id,
    rule: rule.id,
    key: device.key,
    identifier: device.identifier,
    client_id: device.clientId,
  }
}

const own = await things('ours')
const foreign = await things(CANARY)
const callers = [
  { name: 'of a vendor', token: await door.tokenOf('Administrator', `vendor/${own.vendor}`) },
  { name: 'of a product', token: await door.tokenOf('Developer', `product/${own.product}`) },
]

const idIn = ({ template }: Place, of: Things, member: keyof Things) =>
  // a rule names its device as applications do
  template.startsWith('/rules') && member === 'device' ? of.identifier : of[member]

/** What stands in a path, by its first part. */
const inPath: Record<string, keyof Things> = {
  vendors: 'vendor',
  products: 'product',
  devices: 'device',
  applications: 'application',
  deliveries: 'delivery',
  commands: 'command',
  frames: 'frame',
  rules: 'rule',
}
/** Placeholders of paths that are nobody's but one's own, or everybody's; each is held by a test of its own below. */
const apart: Record<string, string> = {
  tokens: 'one’s own, or all for who manages people',
  users: 'for who looks after everything only',
  alerts: 'for who looks after everything only',
  me: 'one’s own sessions',
  'saved-views': 'everybody sees them: what they find depends on who asks',
  'device-views': 'by who opened them',
  'rules/dry-runs': 'by who started them',
}

/** Members of queries and bodies that name a thing. */
const named = new Set<string>(['vendor', 'product', 'device', 'application', 'key', 'identifier', 'client_id', 'rule'])

/** Ids of devices that stand deeper in a body, by the member in which they do. */
const deeper: Record<string, (of: Things) => unknown[]> = {
  devices: ({ device }) => [device],
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  then: ({ identifier }) => [{ do: 'command', device: identifier, name: 'switch', params: [1, 2] }],
}

interface Place {
  operation: Operation
  method: string
  template: string
  at: 'path' | 'query' | 'body'
  member: keyof Things
  /** of `deeper` */
  within?: string
}

function places(): Place[] {
  return operationsOf(door.doc).flatMap((o) => {
    const found: Place[] = []
    const first = o.template.split('/')[1]!
    if (o.template.includes('{id}') && Object.hasOwn(inPath, first)) found.push({ ...o, at: 'path', member: inPath[first]! })
    if (first === 'deliveries') found.push({ ...o, at: 'path', member: 'waiting' })
    for (const p of o.operation.parameters)
      if (p.in === 'query' && named.has(p.name)) found.push({ ...o, at: 'query', member: p.name as keyof Things })
    const schema = o.operation.requestBody?.content['application/json']?.schema as JsonSchema | undefined
    for (const name of Object.keys((schema?.['properties'] as object | undefined) ?? {})) {
      if (named.has(name)) found.push({ ...o, at: 'body', member: name as keyof Things })
      if (Object.hasOwn(deeper, name)) found.push({ ...o, at: 'body', member: 'device', within: name })
    }
    return found
  })
}

/** The same request but for the one id; everything else in it is the caller's own. */
function asked(p: Place, of: Things, token: string): Promise<Said> {
  const r = makeRandom(7)
  const path = (template: string, name: string): unknown => {
    const member = p.at === 'path' ? p.member : inPath[template.split('/')[1]!]
    if (name === 'version') return 1
    return member === undefined ? 1 : (p.at === 'path' ? of : own)[member]
  }
  const made = request(p, r, path, 0)
  const [bare = '', search = ''] = made.path.split('?')
  const query = new URLSearchParams(search)
  for (const name of named) if (query.has(name)) query.delete(name)
  if (p.at === 'query') query.set(p.member, String(idIn(p, of, p.member)))
  const body = made.ask.body as Record<string, unknown> | undefined
  if (body !== undefined) {
    for (const name of named) if (name in body) body[name] = idIn(p, own, name as keyof Things)
    if (p.within !== undefined) body[p.within] = deeper[p.within]!(of)
    else if (p.at === 'body') body[p.member] = idIn(p, of, p.member)
  }
  return door.ask(p.method, `${bare}${query.size > 0 ? `?${query.toString()}` : ''}`, { token, ...(body && { body }) })
}

/** Without what is another in each request, and what the caller has said. */
const told = ({ status, body }: Said, { identifier }: Pick<Things, 'identifier'> = own): string =>
  `${status} ${body
    .replaceAll(identifier, 'identifier')
    .replaceAll(/"request_id":"[^"]*"/g, '')
    .replaceAll(/"(view|expires|at|t|reports_s|took_ms)":("[^"]*"|[\d.]+)/g, '')}`

/** All that the registry has of the other vendor. */
async function snapshot(): Promise<string> {
  const { registry } = world.peers
  const all = await Promise.all([
    registry.vendors({ after: foreign.vendor - 1, limit: 1 }),
    registry.products({ after: foreign.product - 1, limit: 1 }),
    registry.deviceDetails({ ids: [foreign.device] }),
    registry.applications({ after: foreign.application - 1, limit: 1 }),
    registry.deadLetters({ applicationId: foreign.application }),
    registry.draft({ productId: foreign.product }),
    registry.rulesById({ ids: [foreign.rule] }),
    registry.ruleVersions({ id: foreign.rule }),
    registry.desired({ deviceIds: [foreign.device] }),
    world.peers.controller.commands({ deviceId: foreign.device }),
  ])
  return JSON.stringify(all)
}

// ADM-19
test('S-01: a foreign id answers as one that is missing, wherever it stands, and nothing happens', async () => {
  const before = await snapshot()
  const all = places()
  assert.ok(all.length >= 50, `${all.length} places`)
  for (const member of Object.keys(deeper))
    assert.ok(
      all.some((p) => p.within === member),
      member,
    )
  let compared = 0
  for (const { name, token } of callers) {
    for (const p of all) {
      const what = `${p.operation.operationId} ${p.at} ${p.member}, by a caller ${name}`
      const [there, nothing] = [await asked(p, foreign, token), await asked(p, missing, token)]
      assert.equal(told(there, foreign), told(nothing, missing), what)
      assert.equal(there.body.includes(CANARY), false, what)
      if (there.status === 403) assert.ok('permission' in there.json.params || there.json.params.reason === 'scope', what)
      compared++
    }
  }
  assert.ok(compared >= 100)
  assert.equal(await snapshot(), before)
})

// ADM-19
test('S-01: each placeholder of a path is tried with foreign ids, or is apart for a reason', () => {
  const left = operationsOf(door.doc)
    .map((o) => o.template)
    .filter((t) => t.includes('{') && !Object.hasOwn(inPath, t.split('/')[1]!))
    .filter((t) => !Object.keys(apart).some((place) => t.startsWith(`/${place}/`)))
  assert.deepEqual(left, [])
})

// ADM-19
test('S-01: tokens, sessions, people and runs on the past of others are not there', async () => {
  const [ofVendor, ofProduct] = [callers[0]!, callers[1]!]
  const theirs = await door.ask('POST', '/tokens', { body: { name: 'theirs', can: [], expires_at: 0 } })
  const token = { token: ofProduct.token }
  const same = async (method: string, there: string, nothing: string, by = token) => {
    const [a, b] = [await door.ask(method, there, by), await door.ask(method, nothing, by)]
    assert.equal(told(a), told(b), `${method} ${there}`)
    assert.ok(a.status >= 400, `${method} ${there} ${a.status}`)
  }
  await same('DELETE', `/tokens/${theirs.json.token.id}`, '/tokens/999007')
  assert.equal((await door.ask('GET', '/session', { token: theirs.json.text })).status, 200, 'it still lives')
  const { registry } = world.peers
  await registry.addUser({ name: 'cookie', password: 'a long enough password', role: 'Viewer', scope: '*', mustChange: false })
  const body = { name: 'cookie', password: 'a long enough password' }
  const { headers } = await door.ask('POST', '/session', { token: '', body })
  const cookie = { Cookie: headers.get('set-cookie')!.split(';', 1)[0]! }
  const mine = await door.ask('GET', '/me/sessions', { token: '', headers: cookie })
  await same('DELETE', `/me/sessions/${mine.json.items[0].id}`, '/me/sessions/999008')
  assert.equal((await door.ask('GET', '/session', { token: '', headers: cookie })).status, 200)
  await same('GET', '/users/1', '/users/999009', { token: ofVendor.token })
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  const sentence = { device: foreign.identifier, on: { kind: 'online' }, then: [{ do: 'webhook', data: {} }] }
  const span = { application: foreign.application, from: Date.now() - 1000, to: Date.now() }
  const run = await door.ask('POST', '/rules/dry-runs', { body: { ...sentence, ...span } })
  assert.equal(run.status, 200, run.body)
  await same('GET', `/rules/dry-runs/${run.json.id}`, '/rules/dry-runs/nothing', { token: ofVendor.token })
})

// ADM-19
test('S-01: what is one’s own is there for the same callers', async () => {
  for (const { name, token } of callers) {
    for (const path of [
      `/products/${own.product}`,
      `/devices/${own.device}`,
      `/devices/${own.device}/commands`,
      `/commands/${own.command}`,
    ])
      assert.equal((await door.ask('GET', path, { token })).status, 200, `${path} by a caller ${name}`)
  }
  const [ofVendor] = callers
  assert.equal((await door.ask('GET', `/applications/${own.application}`, { token: ofVendor!.token })).status, 200)
})

// ADM-19
test('S-01: no list, search or sum shows anything of others', async () => {
  const ids = JSON.stringify(foreign.device)
  for (const { name, token } of callers) {
    for (const path of [
      '/vendors',
      '/products',
      '/devices',
      '/applications',
      '/rules',
      '/overview',
      `/search?q=${CANARY}`,
      `/search?q=${foreign.key}`,
      `/filter/complete?q=${encodeURIComponent(`product:${CANARY}`)}`,
      '/filter/complete?q=tag:',
      '/filter/complete?q=vendor:',
      '/tokens',
    ]) {
      const said = await door.ask('GET', path, { token })
      assert.equal(said.body.includes(CANARY), false, `${path} by a caller ${name}`)
    }
    const { json } = await door.ask('GET', '/overview', { token })
    assert.equal(json.devices.total, 1)
    for (const filter of ['', CANARY, `product:${foreign.product}`, `vendor:${foreign.vendor}`, `tag:${CANARY}`]) {
      const view = await door.ask('POST', '/device-views', { token, body: { filter } })
      const rows = await door.ask('GET', `/device-views/${view.json.view}/rows`, { token })
      assert.deepEqual(
        rows.json.items.map((r: { id: number }) => r.id).filter((id: number) => id !== own.device),
        [],
        `${filter} ${ids}`,
      )
    }
  }
})

// ADM-19
test('S-01: a view of somebody else is not there', async () => {
  const view = (await door.ask('POST', '/device-views', { body: {} })).json.view as string
  const path = (v: string) => `/device-views/${v}/rows`
  const [theirs, none] = [
    await door.ask('GET', path(view), { token: callers[0]!.token }),
    await door.ask('GET', path('nothing'), { token: callers[0]!.token }),
  ]
  assert.deepEqual([theirs.status, told(theirs)], [410, told(none)])
})

// ADM-20
test('S-02: an application, a token, a person reach no further than whoever makes them', async () => {
  const [ofVendor, ofProduct] = callers
  const app = (token: string, scope: string) => door.ask('POST', '/applications', { token, body: { name: 'a', scope } })
  for (const scope of ['*', `vendor/${foreign.vendor}`, `product/${foreign.product}`, `product/${missing.product}`])
    assert.equal((await app(ofVendor!.token, scope)).status, 400, scope)
  assert.equal((await app(ofProduct!.token, `vendor/${own.vendor}`)).status, 400)
  assert.equal((await app(ofVendor!.token, `product/${own.product}`)).status, 201)
  const wider = { token: ofVendor!.token, body: { scope: '*' } }
  assert.equal((await door.ask('PATCH', `/applications/${own.application}`, wider)).status, 400)
  const token = { name: 't', can: ['devices.read'], expires_at: 0 }
  const made = (by: string, more: object) => door.ask('POST', '/tokens', { token: by, body: { ...token, ...more } })
  assert.equal((await made(ofVendor!.token, { scope: '*' })).status, 403)
  assert.equal((await made(ofVendor!.token, { scope: `vendor/${foreign.vendor}` })).status, 403)
  assert.equal((await made(ofProduct!.token, { can: ['users.write'] })).status, 403)
  assert.equal((await made(ofVendor!.token, {})).status, 201)
  const person = { name: 'x', password: 'long enough for this', role: 'Administrator' }
  assert.equal((await door.ask('POST', '/users', { token: ofVendor!.token, body: person })).status, 403)
})

// ADM-21
test('each route refuses whoever lacks its permission, before it looks at anything', async () => {
  const token = await door.tokenOf('Administrator', '*', [])
  for (const o of operationsOf(door.doc)) {
    const can = o.operation['x-permission']
    if (can === 'nobody') continue
    const made = request(o, makeRandom(3), () => 999_999, 0)
    const said = await door.ask(made.method, made.path, { ...made.ask, token })
    if (can === 'anybody') assert.notEqual(said.status, 403, o.operation.operationId)
    else assert.deepEqual([said.status, said.json.params], [403, { permission: can }], o.operation.operationId)
    const nobody = await door.ask(made.method, made.path, { ...made.ask, token: '' })
    assert.equal(nobody.status, 401, o.operation.operationId)
  }
})
