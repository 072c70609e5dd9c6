/** The console's WebSocket. */
import assert from 'node:assert/strict'
import type { LiveRecord } from '#contracts/admin/live.ts'
import { type Door, firstPassword, openDoor, PASSWORD } from '../admin/door.ts'
import { ConsoleLink, openConsole } from '../world/console.ts'
import { scenario } from '../world.ts'

/** At the process that the door leads to: it alone knows the views that were made by it. */
async function opened({ base, token: own }: Door, token = own): Promise<ConsoleLink> {
  const link = await openConsole(base, { Authorization: `Bearer ${token}` })
  assert.ok(link instanceof ConsoleLink, `refused with ${String(link)}`)
  return link
}

scenario('LIVE-1: who may open a console, by token and by session, and from which page', async (world) => {
  const door = await openDoor(world)
  const { base } = door
  const { host } = new URL(base)
  assert.equal(await openConsole(base, {}), 401)
  assert.equal(await openConsole(base, { Authorization: 'Bearer nonsense' }), 401)
  const link = await opened(door)
  assert.equal(link.socket.protocol, 'pando.console.1')
  assert.equal(await openConsole(base, { Authorization: `Bearer ${door.token}` }, { path: '/admin/v1/else' }), 404)
  link.socket.close()

  const signIn = async (password: string) => {
    const answer = await fetch(`${base}/admin/v1/session`, {
      method: 'POST',
      body: JSON.stringify({ name: 'admin', password }),
    })
    const { csrf } = (await answer.json()) as { csrf: string }
    return { Cookie: answer.headers.get('set-cookie')!.split(';')[0]!, csrf }
  }
  const first = await signIn(firstPassword(world))
  assert.equal(await openConsole(base, { Cookie: first.Cookie, Origin: base }), 403)
  const body = JSON.stringify({ password: PASSWORD, current_password: firstPassword(world) })
  const headers = { Cookie: first.Cookie, 'X-CSRF-Token': first.csrf, Origin: base }
  assert.equal((await fetch(`${base}/admin/v1/me`, { method: 'PATCH', headers, body })).status, 200)
  const { Cookie, csrf } = await signIn(PASSWORD)
  for (const Origin of ['http://evil.example', `http://${host}.evil.example`, 'null'])
    assert.equal(await openConsole(base, { Cookie, Origin }), 403)
  assert.equal(await openConsole(base, { Cookie }), 403)
  const mine = await openConsole(base, { Cookie, Origin: base })
  assert.ok(mine instanceof ConsoleLink)
  await fetch(`${base}/admin/v1/session`, { method: 'DELETE', headers: { Cookie, 'X-CSRF-Token': csrf } })
  assert.equal(await mine.end(1000), 4401)
})

scenario('LIVE-2: a device, its view, its first steps and its frames are followed live', async (world) => {
  const door = await openDoor(world)
  const product = await world.product()
  const link = await opened(door)
  link.sub('new', 'onboarding', { product: product.id, serial: 'fresh' })
  await link.until('new', 'nothing yet', (m) => m.data.steps.registered === 0)
  const device = await world.connected({ product, code: 'fresh' })
  await link.until('new', 'it has connected', (m) => m.data.steps.registered > 0 && m.data.steps.connected > 0)
  const { view } = await door.client('POST /device-views', { body: { filter: '' } })
  link.sub('dev', 'device', { id: device.id })
  link.sub('rows', 'view', { view, ids: [device.id], columns: ['light.on'] })
  link.sub('raw', 'frames', { device: device.id, kinds: ['status', 'event', 'command', 'commandState', 'offline'] })
  await link.until('dev', 'the device', (m) => m.data.device.state === 'online')
  await link.until('rows', 'its row', (m) => m.data.rows.length === 1)
  const began = await link.until('raw', 'the beginning', (m) => m.seq)
  await device.status({ light: [1, 80] })
  await link.until('dev', 'values', (m) => Object.keys(m.data.values).includes('light'))
  await link.until('new', 'first report', (m) => m.data.steps.reported > 0)
  const raw = await link.until('raw', 'the frame', (m) => m.data[0])
  assert.equal(raw.data[0].kind, 'status')
  assert.deepEqual(JSON.parse(raw.data[0].values), { light: [1, 80] })
  assert.ok(Buffer.from(raw.data[0].frame, 'base64').length > 0)
  const sent = await door.client('POST /devices/{id}/commands', {
    params: { id: device.id },
    body: { set: { light: [0, 10] } },
  })
  const delivered = await link.until('dev', 'the command', (m) => m.data.commands[0]?.state === 'delivered')
  assert.equal(delivered.data.commands[0].id, sent.id)
  await device.disconnect()
  await link.until('dev', 'offline', (m) => m.data.device.state === 'offline' && m.data.answer.code === 'offline')
  await link.until('raw', 'the end', (m) => m.data.some((r: LiveRecord) => r.kind === 'offline' && r.cause === 'disconnected'))
  const kinds = (of: ConsoleLink) => of.of('raw').flatMap((m) => m.data.map((r: LiveRecord) => r.kind))
  const all = kinds(link)
  link.socket.close()
  // LIVE-3
  const again = await opened(door)
  again.sub('raw', 'frames', { device: device.id, kinds: ['status', 'event', 'command', 'commandState', 'offline'] }, began.seq)
  await again.until('raw', 'the end', (m) => m.data.some((r: LiveRecord) => r.kind === 'offline'))
  assert.deepEqual(kinds(again), all)
  again.socket.close()
})

scenario('LIVE-4: scope, permissions and wrong words are answered at the subscription, and others go on', async (world) => {
  const door = await openDoor(world)
  const [mine, other] = [await world.product(), await world.product()]
  const [seen, hidden] = [await world.connected({ product: mine }), await world.connected({ product: other })]
  const narrow = await opened(door, await door.tokenOf('Operator', `product/${mine.id}`))
  narrow.sub('raw', 'frames', { kinds: ['event'] })
  await narrow.until('raw', 'the beginning', (m) => m.seq)
  narrow.sub('foreign', 'device', { id: hidden.id })
  narrow.sub('missing', 'device', { id: 999_999 })
  const [foreign, missing] = [
    await narrow.until('foreign', 'an error', (m) => m.error),
    await narrow.until('missing', 'an error', (m) => m.error),
  ]
  assert.deepEqual(foreign.error, missing.error)
  narrow.sub('raw', 'frames')
  narrow.sub('what', 'weather')
  narrow.sub('args', 'device', { id: 'x' })
  narrow.sub('kinds', 'frames', { kinds: ['snow'] })
  for (const id of ['what', 'args', 'kinds']) await narrow.until(id, 'an error', (m) => m.error.code === 'invalid')
  for (const topic of ['system', 'alerts']) {
    narrow.sub(topic, topic)
    const { error } = await narrow.until(topic, 'an error', (m) => m.error)
    assert.deepEqual(error, { code: 'forbidden', params: { reason: 'scope' } }, 'they concern the whole installation')
  }
  narrow.say('{')
  narrow.say({ op: 'sing' })
  await hidden.event('alarm', ['no'])
  await seen.event('alarm', ['yes'])
  const told = await narrow.until('raw', 'the event', (m) => m.data?.[0])
  assert.equal(told.data[0].device, seen.id)
  narrow.say({ op: 'unsub', id: 'raw' })
  narrow.sub('raw', 'frames', { kinds: ['event'] })
  await seen.event('alarm', ['again'])
  narrow.socket.close()

  const viewer = await opened(door, await door.tokenOf('Viewer'))
  viewer.sub('raw', 'frames')
  assert.deepEqual((await viewer.until('raw', 'an error', (m) => m.error)).error, {
    code: 'forbidden',
    params: { permission: 'frames.read' },
  })
  for (const topic of ['overview', 'system']) viewer.sub(topic, topic)
  await viewer.until('overview', 'figures', (m) => m.data.devices)
  await viewer.until('system', 'services', (m) => m.data.services.length > 0)
  viewer.sub('alerts', 'alerts', { state: 'open' })
  await viewer.until('alerts', 'none', (m) => Array.isArray(m.data.items))
  viewer.say('x'.repeat(70_000))
  assert.equal(await viewer.end(), 1009)
})

scenario('LIVE-1: a token that is revoked ends its consoles', async (world) => {
  const door = await openDoor(world)
  const user = await world.peers.registry.addUser({ name: 'eve', password: PASSWORD, role: 'Viewer', mustChange: false })
  const { token, text } = await world.peers.registry.addApiToken({
    userId: user.id,
    name: 'one',
    can: ['devices.read'],
    scope: '*',
    expiresAt: 0,
  })
  const link = await opened(door, text)
  await door.client('DELETE /tokens/{id}', { params: { id: token.id } })
  assert.equal(await link.end(1000), 4401)
})
