import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RegistryBell } from '#core/queue/port.ts'
import { PandoError } from '#lib/errors.ts'
import { application, device, fakeRegistry } from '../../../test/fakes/apiprovider.ts'
import { makeGuard } from './guard.ts'

const KEY = 'a'.repeat(64)

function setup() {
  let now = 0
  let ring: (b: RegistryBell) => void = () => {}
  const asked: string[] = []
  const things = { applications: [application(1, KEY)], devices: [device(7, '1-2-rich')] }
  const faces = fakeRegistry(things)
  const none = () => () => {}
  const listenWith = (handler: typeof ring) => {
    ring = handler
    return () => {}
  }
  const guard = makeGuard({
    peers: {
      registry: {
        applicationByKey: (i) => faces.applicationByKey(i).finally(() => asked.push('application')),
        deviceByIdentifier: (i) => faces.deviceByIdentifier(i).finally(() => asked.push('device')),
      },
    },
    queue: { listen: (_t, _l, handler) => listenWith(handler as typeof ring) },
    clock: { now: () => now, after: none, every: none },
  })
  return { guard, asked, things, ring: (b: RegistryBell) => ring(b), pass: (ms: number) => void (now += ms) }
}

test('the registry is asked once for an application and a device, not for each call', async () => {
  const { guard, asked } = setup()
  const caller = await guard.caller(KEY)
  assert.equal((await guard.device(caller, '1-2-rich')).id, 7)
  for (let i = 0; i < 3; i++) assert.equal((await guard.device(await guard.caller(KEY), '1-2-rich')).id, 7)
  assert.deepEqual(asked, ['application', 'device'])
})

// REST-8
test('a removed application is out at the bell, and within a second if the bell is lost', async () => {
  const { guard, things, ring, pass } = setup()
  await guard.caller(KEY)
  const [removed] = things.applications.splice(0)
  await guard.caller(KEY)
  ring({ what: 'application', id: 1, change: 'removed' })
  await assert.rejects(async () => guard.caller(KEY), { code: 'application_unknown' })
  things.applications.push(removed!)
  await guard.caller(KEY)
  things.applications.splice(0)
  pass(1000)
  await assert.rejects(async () => guard.caller(KEY), { code: 'application_unknown' })
})

// REST-8
test('a connection whose application was removed is out as any other, and another key on it is another caller', async () => {
  const { guard, things, ring } = setup()
  things.applications.push(application(2, 'b'.repeat(64)))
  const connection = {}
  for (const key of [KEY, KEY, 'b'.repeat(64), KEY]) {
    const { application: found } = await guard.caller(key, connection)
    assert.equal(found.id, key === KEY ? 1 : 2)
  }
  for (const key of [`${KEY.slice(1)}c`, `${KEY}a`]) await assert.rejects(async () => guard.caller(key, connection))
  await guard.caller(KEY, connection)
  things.applications.shift()
  ring({ what: 'application', id: 1, change: 'removed' })
  await assert.rejects(async () => guard.caller(KEY, connection), { code: 'application_unknown' })
})

test('a changed scope counts at once', async () => {
  const { guard, things, ring } = setup()
  await guard.device(await guard.caller(KEY), '1-2-rich')
  things.applications[0] = { ...things.applications[0]!, domain: 'product/3' }
  ring({ what: 'application', id: 1, change: 'changed' })
  await assert.rejects(async () => guard.device(await guard.caller(KEY), '1-2-rich'), { code: 10008 })
})

// REST-8
test('a changed device is read again, others are not; so are all when a product changes', async () => {
  const { guard, things, ring, asked } = setup()
  const caller = await guard.caller(KEY)
  await guard.device(caller, '1-2-rich')
  things.devices[0] = { ...things.devices[0]!, version: '2' }
  ring({ what: 'device', id: 8, change: 'changed' })
  ring({ what: 'device', id: 7, change: 'added' })
  ring({ what: 'token', id: 7, change: 'revoked' })
  assert.equal((await guard.device(caller, '1-2-rich')).version, '1.0.0')
  ring({ what: 'device', id: 7, change: 'changed' })
  assert.equal((await guard.device(caller, '1-2-rich')).version, '2')
  ring({ what: 'product', id: 2, change: 'changed' })
  await guard.device(caller, '1-2-rich')
  assert.equal(asked.filter((x) => x === 'device').length, 3)
})

test('what cannot be found is asked for again each time: it may have come meanwhile', async () => {
  const { guard, things } = setup()
  const caller = await guard.caller(KEY)
  await assert.rejects(async () => guard.device(caller, '1-2-new'), { code: 'device_unknown' })
  things.devices.push(device(8, '1-2-new'))
  assert.equal((await guard.device(caller, '1-2-new')).id, 8)
})

// REST-1
test('no key, or an empty one, is 10003 as in the old cloud', () => {
  const { guard } = setup()
  for (const key of [undefined, '']) assert.throws(() => guard.caller(key), { code: 10003, message: /^missing device/ })
})

test('an error of the registry is not taken for an unknown device', async () => {
  const { guard, things } = setup()
  const caller = await guard.caller(KEY)
  Object.defineProperty(things.devices, 'find', {
    value: () => {
      throw new PandoError('unavailable', 'no store')
    },
  })
  await assert.rejects(async () => guard.device(caller, '1-2-x'), { code: 'unavailable' })
})
