/** The way of a message, up and down, as fielded devices and applications go it. */
import assert from 'node:assert/strict'
import { type Dialect, until, type World } from '../world.ts'

/** Register, log in, connect, status up, read, set, command, ask, event to webhook. */
export async function mainJob(world: World, dialect: Dialect): Promise<void> {
  const app = await world.application()
  const device = await world.device({ code: 'lamp-1', dialect })
  assert.equal(device.identifier, '1-1-lamp-1')
  assert.ok(world.nodes.includes(device.address), `${device.address} is none of ${world.nodes}`)
  const path = `/devices/${device.identifier}`

  assert.deepEqual(await app.get(`${path}/status/latest`), { status: 200, code: 0, message: '', data: {} })
  assert.equal((await app.get(`${path}/status/current`)).code, 10004)
  await device.connect()

  await device.status({ light: [1, 300] })
  assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [1, 300] })
  await device.status({ o_int8: [-5] })
  assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [1, 300], o_int8: [-5] })

  const [set, put] = await Promise.all([device.expectStatus(), app.put(`${path}/status`, { light: [0, 7] })])
  assert.deepEqual([set.data, put.code], [{ light: [0, 7] }, 0])
  assert.deepEqual(Buffer.from(set.publish.payload.subarray(9, 25)).toString('hex'), device.token)

  const [command, post] = await Promise.all([device.expectCommand(), app.post(`${path}/commands`, { switch: [3, 4] })])
  assert.deepEqual([command.name, command.values, post.code], ['switch', [3, 4], 0])

  device.report = { light: [1, 42] }
  assert.deepEqual((await app.get(`${path}/status/current`)).data, { light: [1, 42] })

  await device.event('alarm', ['fire'])
  const hook = await until('webhook', () => world.hooks.confirmed[0], 20_000)
  assert.equal(hook.headers['app-token'], 'token-of-the-app')
  assert.deepEqual([hook.json.tag, hook.json.identifier, hook.json.data], ['event', device.identifier, { alarm: ['fire'] }])

  await device.disconnect()
  assert.equal((await app.post(`${path}/commands`, { ping: [] })).code, 10004)
  assert.deepEqual((await app.get(`${path}/status/latest`)).data, { light: [1, 42], o_int8: [-5] })
}
