/** S-19: what is secret is shown where it is made, once, and nowhere else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeWorld } from '../world.ts'
import { firstPassword, openDoor } from './door.ts'
import { operationsOf } from './requests.ts'

// ADM-22
test('S-19: planted secrets are found in no log, metric, error, list or audit entry', async () => {
  const world = await makeWorld()
  try {
    const door = await openDoor(world)
    const { client } = door
    const planted = new Map<string, string>([['first password', firstPassword(world)]])
    const plant = (name: string, secret: string) => void planted.set(name, secret)
    plant('wrong password', 'pa55word-that-is-wrong')
    await door.ask('POST', '/session', { token: '', body: { name: 'admin', password: 'pa55word-that-is-wrong' } })
    plant('report token', 'rep0rt-t0ken-0f-the-app')
    const product = await world.product()
    const app = await client('POST /applications', {
      body: { name: 'app', scope: '*', url: world.hooks.url, token: 'rep0rt-t0ken-0f-the-app', events: ['event'] },
    })
    plant('application key', app.key)
    plant('signing secret', app.signing_secret)
    const params = app.application
    plant('new application key', (await client('POST /applications/{id}/key', { params })).key)
    plant('new signing secret', (await client('POST /applications/{id}/signing-secret', { params })).signing_secret)
    await client('POST /applications/{id}/test', { params })
    const made = await client('POST /devices', { body: { product: product.id, code: 'secretive' } })
    plant('device secret', made.secret)
    plant('new device secret', (await client('POST /devices/{id}/secret', { params: made.device })).secret)
    plant('API token', (await client('POST /tokens', { body: { name: 't', can: [], expires_at: 0 } })).text)
    plant('password of a person', 'a-passw0rd-somebody-chose')
    const person = { name: 'p', role: 'Viewer' as const, password: 'a-passw0rd-somebody-chose' }
    const user = await client('POST /users', { body: person })
    const signed = await door.ask('POST', '/session', { token: '', body: person })
    const again = { name: person.name, password: person.password }
    const cookie = await door.ask('POST', '/session', { token: '', body: again })
    plant('session', /pando=([\w-]+)/.exec(cookie.headers.get('set-cookie')!)![1]!)
    plant('CSRF token', cookie.json.csrf)
    assert.equal(signed.status, 400)
    const device = await world.connected({ product })
    plant('access token', device.token)
    await client('POST /devices/{id}/actions', { params: device, body: { action: 'revoke-token' } })
    // an error of each kind that repeats what it was sent
    for (const secret of planted.values()) {
      await door.ask('GET', '/session', {
        token: '',
        headers: { Authorization: `Bearer ${secret.replaceAll(/[^\w.~+/=-]/g, 'x')}x` },
      })
      await door.ask('POST', '/vendors', { body: { name: 1, [secret]: secret } })
    }
    const metrics = world.every('ops').map(async (url) => (await fetch(`${url}/metrics`)).text())
    const places = [world.running.logged(), ...(await Promise.all(metrics))]
    const ids: Record<string, number> = {
      users: user.id,
      applications: params.id,
      devices: device.id,
      products: product.id,
      tokens: 1,
    }
    for (const { method, template } of operationsOf(door.doc)) {
      if (method !== 'GET') continue
      const first = template.split('/')[1]!
      const path = template
        .replace('{id}', String(ids[first] ?? 1))
        .replace('{version}', '1')
        .replace('{view}', 'x')
      const search = /series$/.test(path) ? '?name=reports' : /search|complete/.test(path) ? '?q=a' : ''
      places.push((await door.ask('GET', path + search)).body)
    }
    for (const [name, secret] of planted) {
      assert.ok(secret.length > 8, name)
      for (const place of places) assert.equal(place.includes(secret), false, `${name} in ${place.slice(0, 2000)}`)
    }
  } finally {
    await world.close()
  }
})
