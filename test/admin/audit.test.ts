/** ADM-10, made of the OpenAPI document: each route that writes is called with success, and its entry is there. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { doorOfFile, PASSWORD, type Said } from './door.ts'
import { operationsOf } from './requests.ts'

const { world, door } = await doorOfFile()

/** How a route is called so that it succeeds: what it needs is made by the routes themselves. */
interface Recipe {
  path?: string
  body?: unknown
  token?: string
  headers?: Record<string, string>
}

const post = async (path: string, body?: unknown): Promise<Said['json']> => {
  const said = await door.ask('POST', path, { ...(body !== undefined && { body }) })
  assert.ok(said.status < 300, `${path} ${said.body}`)
  return said.json
}
let n = 0
const unique = () => `thing ${++n}`
const vendor = async () => (await post('/vendors', { name: unique() })).id as number
const product = async () => (await world.product({ name: unique() })).id
const draft = async () => {
  const id = await product()
  const model = { objects: [], commands: [], events: [] }
  await door.client('PUT /products/{id}/draft', { params: { id }, body: { model } })
  return id
}
const device = async () => (await post('/devices', { product: await product(), code: unique() })).device.id as number
const application = async () =>
  (await post('/applications', { name: unique(), scope: '*', url: world.hooks.url })).application.id as number
const person = async () => (await post('/users', { name: unique(), password: PASSWORD, role: 'Viewer' })).id as number
const view = async () => (await post('/saved-views', { name: unique(), filter: '' })).id as number
const sentence = async () => {
  const { identifier } = await world.device()
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
  return { device: identifier, on: { kind: 'online' }, then: [{ do: 'webhook', data: {} }], application: await application() }
}
const rule = async () => (await post('/rules', { ...(await sentence()), name: unique() })).id as number
const command = async () => {
  const { id, model } = await world.device()
  const { name, params } = model.commands[0]!
  const values = params.map(({ valueType: t }) => (t === 12 || t === 11 ? '' : t === 13 ? true : 1))
  return { id, body: { command: name, params: values, ttl_s: 3600 } }
}
const letter = async (applicationId: number) => {
  const about = { applicationId, deviceId: await device(), messageId: unique(), body: '{"tag":"event","data":{}}' }
  return (await world.peers.registry.addDeadLetter({ ...about, tries: 1, lastError: 'x', failedAt: 1 })).id
}
/** Somebody who has signed in with a cookie. */
const signedIn = async () => {
  const { registry } = world.peers
  const name = unique()
  await registry.addUser({ name, password: PASSWORD, role: 'Administrator', scope: '*', mustChange: false })
  const said = await door.ask('POST', '/session', { token: '', body: { name, password: PASSWORD } })
  const cookie = said.headers.get('set-cookie')!.split(';', 1)[0]!
  return { name, headers: { Cookie: cookie, 'X-CSRF-Token': said.json.csrf as string }, token: '' }
}

const recipes: Record<string, () => Promise<Recipe>> = {
  signIn: async () => ({ body: { name: (await signedIn()).name, password: PASSWORD }, token: '' }),
  signOut: signedIn,
  editMe: async () => ({ body: { zone: 'Asia/Shanghai' } }),
  endMyOtherSessions: async () => {
    const { name, ...first } = await signedIn()
    await door.ask('POST', '/session', { token: '', body: { name, password: PASSWORD } })
    return first
  },
  endMySession: async () => {
    const { name, ...first } = await signedIn()
    await door.ask('POST', '/session', { token: '', body: { name, password: PASSWORD } })
    const { json } = await door.ask('GET', '/me/sessions', first)
    const other = (json.items as { id: number; current: boolean }[]).find((s) => !s.current)!
    return { ...first, path: `/me/sessions/${other.id}` }
  },
  addUser: async () => ({ body: { name: unique(), password: PASSWORD, role: 'Viewer' } }),
  editUser: async () => ({ path: `/users/${await person()}`, body: { role: 'Operator' } }),
  removeUser: async () => ({ path: `/users/${await person()}` }),
  addToken: async () => ({ body: { name: unique(), can: [], expires_at: 0 } }),
  revokeToken: async () => ({ path: `/tokens/${(await post('/tokens', { name: 't', can: [], expires_at: 0 })).token.id}` }),
  addVendor: async () => ({ body: { name: unique() } }),
  editVendor: async () => ({ path: `/vendors/${await vendor()}`, body: { name: unique() } }),
  removeVendor: async () => ({ path: `/vendors/${await vendor()}` }),
  addProduct: async () => ({ body: { vendor: await vendor(), name: unique() } }),
  editProduct: async () => ({ path: `/products/${await product()}`, body: { name: unique() } }),
  removeProduct: async () => ({ path: `/products/${await product()}` }),
  putDraft: async () => ({ path: `/products/${await product()}/draft`, body: { model: { objects: [] } } }),
  discardDraft: async () => ({ path: `/products/${await draft()}/draft` }),
  publishDraft: async () => ({ path: `/products/${await draft()}/draft/publish`, body: { note: 'n' } }),
  addDevice: async () => ({ body: { product: await product(), code: unique() } }),
  addVirtualDevices: async () => ({ path: `/products/${await product()}/virtual-devices`, body: { count: 1 } }),
  editDevice: async () => ({ path: `/devices/${await device()}`, body: { tags: ['a'] } }),
  removeDevice: async () => ({ path: `/devices/${await device()}` }),
  rotateSecret: async () => ({ path: `/devices/${await device()}/secret` }),
  actOnDevice: async () => ({ path: `/devices/${(await world.connected()).id}/actions`, body: { action: 'disconnect' } }),
  askValues: async () => ({ path: `/devices/${(await asked()).id}/values/ask` }),
  sendCommand: async () => {
    const { id, body } = await command()
    return { path: `/devices/${id}/commands`, body }
  },
  cancelCommand: async () => {
    const { id, body } = await command()
    return { path: `/commands/${(await post(`/devices/${id}/commands`, body)).id}` }
  },
  setDesired: async () => {
    const { id, model } = await world.device()
    const { label, status } = model.objects[0]!
    const wanted = status.map(({ valueType: t }) => (t === 13 ? true : t === 12 || t === 11 ? '' : 1))
    return { path: `/devices/${id}/desired`, body: { [label]: wanted } }
  },
  addRule: async () => ({ body: { ...(await sentence()), name: unique() } }),
  editRule: async () => ({ path: `/rules/${await rule()}`, body: { enabled: false } }),
  removeRule: async () => ({ path: `/rules/${await rule()}` }),
  restoreRule: async () => {
    const id = await rule()
    await door.ask('PATCH', `/rules/${id}`, { body: { but: { atMost: { n: 1, per: 60_000 } } } })
    return { path: `/rules/${id}/versions/1/restore` }
  },
  addSavedView: async () => ({ body: { name: unique(), filter: '' } }),
  editSavedView: async () => ({ path: `/saved-views/${await view()}`, body: { name: unique() } }),
  removeSavedView: async () => ({ path: `/saved-views/${await view()}` }),
  redecodeQuarantine: async () => ({ body: { product: await product() } }),
  discardQuarantine: async () => ({ body: { product: await product() } }),
  addApplication: async () => ({ body: { name: unique(), scope: '*' } }),
  editApplication: async () => ({ path: `/applications/${await application()}`, body: { name: unique() } }),
  removeApplication: async () => ({ path: `/applications/${await application()}` }),
  rotateKey: async () => ({ path: `/applications/${await application()}/key` }),
  rotateSigningSecret: async () => ({ path: `/applications/${await application()}/signing-secret` }),
  testApplication: async () => ({ path: `/applications/${await application()}/test` }),
  pauseApplication: async () => ({ path: `/applications/${await application()}/pause` }),
  resumeApplication: async () => {
    const id = await application()
    await post(`/applications/${id}/pause`)
    return { path: `/applications/${id}/resume` }
  },
  makeBackup: async () => ({ body: {} }),
  setDiskBudget: async () => ({ body: { history: { limit: 1 << 30 } } }),
  retryDeliveries: async () => ({ path: `/applications/${await application()}/retry` }),
  redeliver: async () => ({ path: `/deliveries/${await letter(await application())}/redeliver` }),
  redeliverRange: async () => {
    const id = await application()
    await letter(id)
    return { path: `/applications/${id}/redeliver`, body: {} }
  },
}

/** A device that answers when it is asked. */
async function asked() {
  const d = await world.connected()
  const { label, status } = d.model.objects[0]!
  const values = { [label]: status.map(({ valueType: t }) => (t === 13 ? true : t === 12 || t === 11 ? 'x' : 1)) }
  const timer = setInterval(() => void d.status(values).catch(() => {}), 50)
  timers.push(timer)
  return d
}
const timers: NodeJS.Timeout[] = []
after(() => {
  for (const timer of timers) clearInterval(timer)
})

/** Where an alert has to open first: alerts.test.ts. */
const elsewhere = new Set(['acknowledgeAlert', 'clearAlert'])

// ADM-10
test('each route that writes leaves its entry: who, from where, in which request, what', async () => {
  const audited = operationsOf(door.doc).filter((o) => o.operation['x-audit'] !== undefined)
  const writes = audited.filter((o) => !elsewhere.has(o.operation.operationId))
  assert.deepEqual(new Set(Object.keys(recipes)), new Set(writes.map((o) => o.operation.operationId)))
  const wrong: string[] = []
  for (const { method, template, operation: o } of writes) {
    const { path = template, ...recipe } = await recipes[o.operationId]!()
    const said = await door.ask(method, path, recipe)
    assert.ok(said.status < 300, `${o.operationId} ${said.status} ${said.body}`)
    const id = said.headers.get('x-request-id')
    const { items } = await door.client('GET /audit', { query: { limit: 5 } })
    const entry = items.find((e) => e.request_id === id)
    if (!entry || ![o['x-audit']].flat().includes(entry.action))
      wrong.push(`${o.operationId}: ${entry?.action} instead of ${o['x-audit']}`)
    else if (entry.addr !== '127.0.0.1' || !/^(user|token)\/\d+$/.test(entry.actor))
      wrong.push(`${o.operationId}: by ${entry.actor}`)
  }
  assert.deepEqual(wrong, [])
  assert.equal((await door.client('GET /audit/verify')).ok, true)
})
