/** Access tokens: they outlive restarts, die when revoked, and belong to one device. */
import assert from 'node:assert/strict'
import { openDoor } from '../admin/door.ts'
import { type Device, Refused, scenario, until, type World, within } from '../world.ts'

const REVOCATION_MS = 1000

// TOK-1
scenario('tokens survive restarts: the device comes back with the one it has', async (world) => {
  const device = await world.connected()
  await device.status({ light: [1, 2] })
  await world.restart()
  await device.connect()
  await device.status({ light: [3, 4] })
  const app = await world.application()
  assert.deepEqual((await app.get(`/devices/${device.identifier}/status/latest`)).data, { light: [3, 4] })
})

// TOK-2
scenario('tokens: a new login leaves the session that is up, and ends the old token for new ones', async (world) => {
  const device = await world.connected()
  const old = device.token
  await device.login()
  assert.notEqual(device.token, old)
  await device.ping()
  const fresh = device.token
  device.token = old
  const { link } = device
  await refused(device, 'token_unknown', world)
  assert.equal(link.ended, undefined)
  device.token = fresh
  await device.connect()
})

// TOK-3
scenario('S-03 revoked: the live session ends within a second, and nobody comes in with the token', async (world) => {
  const device = await world.connected()
  const { link } = device
  await within(REVOCATION_MS, 'end of the session', async () => {
    await world.peers.registry.revokeTokens({ deviceId: device.id })
    await link.closed
  })
  await world.told(device, 'offline', 'token_revoked')
  await refused(device, 'token_unknown', world)
  await device.login()
  await device.connect()
})

// TOK-3
scenario('S-03 removed: the live session ends within a second; the device is unknown afterwards', async (world) => {
  const device = await world.connected({ dialect: 'mqtt5' })
  const { link } = device
  await within(REVOCATION_MS, 'end of the session', async () => {
    await world.peers.registry.removeDevice({ id: device.id })
    await link.closed
  })
  assert.equal((await link.next('disconnect')).reason, 0x87)
  await assert.rejects(device.connect(), Refused)
  await assert.rejects(device.login(), /10002/)
})

// TOK-4
scenario("S-03 S-08 another device's token or client id: refused, and the other's session is untouched", async (world) => {
  const [mine, theirs] = [await world.device(), await world.connected()]
  const { link } = theirs
  const own = mine.token
  mine.token = theirs.token
  await refused(mine, 'token_of_other_device', world)
  mine.token = own
  await assert.rejects(mine.connect({ clientId: theirs.clientId }), Refused)
  await world.told(theirs, 'diary', 'token_of_other_device')
  await theirs.ping()
  assert.equal(link.ended, undefined)
  await mine.connect()
})

// DEV-1
scenario('S-03 registered again: the same identity, and the token stays good', async (world) => {
  const device = await world.connected()
  const { id, secret, key, identifier, token } = device
  await device.register()
  assert.deepEqual([device.id, device.secret, device.key, device.identifier], [id, secret, key, identifier])
  await device.drop()
  await device.connect()
  assert.equal(device.token, token)
})

// TOK-5
scenario('an address that was shut out: nobody comes in from it, the token stays good, and it is let in again', async (world) => {
  const door = await openDoor(world)
  const device = await world.connected()
  const act = (body: { action: 'block-address' | 'allow-address'; for_s?: number }) =>
    door.client('POST /devices/{id}/actions', { params: { id: device.id }, body })
  const { link } = device
  const shut = await act({ action: 'block-address', for_s: 600 })
  assert.deepEqual([shut.done, shut.closed, shut.address], [true, 1, '127.0.0.1'])
  assert.ok(shut.until! > Date.now())
  await link.closed
  await assert.rejects(device.connect(), (e) => e instanceof Refused && e.connack !== undefined)
  await world.told(device, 'diary', 'address_blocked')
  await assert.rejects(device.login())
  await world.restart()
  await assert.rejects(device.connect(), (e) => e instanceof Refused)
  const { answer } = await door.client('GET /devices/{id}/diary', { params: { id: device.id } })
  assert.deepEqual([answer.code, answer.params['cause'], answer.actions], ['refused', 'address_blocked', ['allow-address']])
  assert.equal((await act({ action: 'allow-address' })).address, '127.0.0.1')
  await device.connect()
  await act({ action: 'block-address', for_s: 1 })
  await until('the second is over', () => device.connect().catch(() => undefined))
  assert.equal(
    (await door.ask('POST', `/devices/${device.id}/actions`, { body: { action: 'disconnect', for_s: 5 } })).status,
    400,
  )
  const fresh = await door.client('POST /devices', { body: { product: (await world.product()).id, code: 'never seen' } })
  const nowhere = { body: { action: 'block-address' } }
  assert.equal((await door.ask('POST', `/devices/${fresh.device.id}/actions`, nowhere)).status, 409)
})

async function refused(device: Device, cause: string, world: World): Promise<void> {
  await assert.rejects(device.connect(), (e) => e instanceof Refused && e.connack?.reason === 0x86)
  await world.told(device, 'diary', cause)
}
