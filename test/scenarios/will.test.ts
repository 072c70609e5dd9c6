/** The will of a device (MQTT §3.1.2.5): recorded as its own word when it is lost, never on behalf of one that may not speak. */
import assert from 'node:assert/strict'
import { type Device, scenario, sleep, until, type World } from '../world.ts'

const will = (d: Device) => ({ topic: 'e', payload: d.eventFrame('alarm', ['lost']), qos: 1 as const, retain: false })
const told = (world: World) => world.hooks.hooks.map((h) => h.json.data['alarm']?.[0])

async function withWill(world: World): Promise<Device> {
  await world.application()
  const device = await world.device()
  await device.connect({ will: will(device) })
  return device
}

scenario('will: sent when the connection breaks', async (world) => {
  const device = await withWill(world)
  await device.drop()
  await until('the will', () => told(world).length === 1)
  assert.deepEqual(told(world), ['lost'])
})

scenario('will: not sent when the device says goodbye, or comes again', async (world) => {
  const device = await withWill(world)
  await device.disconnect()
  await device.connect({ will: will(device) })
  await device.connect()
  await device.event('alarm', ['here'])
  await until('the event', () => told(world).includes('here'))
  assert.deepEqual(told(world), ['here'])
})

scenario('S-05 will: not sent when the token was revoked', async (world) => {
  const device = await withWill(world)
  await world.peers.registry.revokeTokens({ deviceId: device.id })
  await device.link.closed
  await sleep(100)
  assert.deepEqual(told(world), [])
})
