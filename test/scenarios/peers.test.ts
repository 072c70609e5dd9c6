/** Clients of others: mqtt.js over MQTT 3.1, 3.1.1 and 5, on TCP and WebSocket, as an ordinary broker's client would be used. */
import assert from 'node:assert/strict'
import { connectAsync, type IClientOptions } from 'mqtt'
import { type Device, scenario, until, type World } from '../world.ts'

const versions: [string, Partial<IClientOptions>][] = [
  ['3.1', { protocolId: 'MQIsdp', protocolVersion: 3 }],
  ['3.1.1', { protocolVersion: 4 }],
  ['5', { protocolVersion: 5 }],
]

for (const [name, version] of versions) {
  // WS-2
  for (const over of ['mqttaccess', 'mqttaccessWs']) {
    scenario(`mqtt.js, MQTT ${name} at ${over}: QoS 0, 1 and 2 up, subscribe, commands down, goodbye`, (world) =>
      day(world, over, version),
    )
  }
}

async function day(world: World, over: string, version: Partial<IClientOptions>): Promise<void> {
  const app = await world.application()
  const device = await world.device()
  const client = await connectAsync(world.listen[over]!, {
    ...version,
    clientId: device.clientId,
    username: device.clientId,
    password: device.token,
    reconnectPeriod: 0,
  })
  const arrived: string[] = []
  client.on('message', (topic) => arrived.push(topic))
  const granted = await client.subscribeAsync({ c: { qos: 1 }, s: { qos: 1 } })
  assert.deepEqual(
    granted.map((g) => g.qos),
    [1, 1],
  )
  for (const qos of [0, 1, 2] as const) {
    await client.publishAsync('s', Buffer.from(device.statusFrame({ light: [qos, 300] })), { qos })
    await until('the value', async () => sees(await latest(app, device), qos))
  }
  const arrivedBefore = arrived.length
  assert.equal((await app.post(`/devices/${device.identifier}/commands`, { ping: [] })).code, 0)
  assert.equal((await app.put(`/devices/${device.identifier}/status`, { light: [1, 2] })).code, 0)
  assert.deepEqual(arrived.slice(arrivedBefore), ['c', 's'])
  await client.unsubscribeAsync('s')
  await client.endAsync()
  await world.told(device, 'offline', 'disconnected')
}

type App = Awaited<ReturnType<World['application']>>
const latest = async (app: App, device: Device) => (await app.get(`/devices/${device.identifier}/status/latest`)).data
const sees = (data: unknown, first: number) => (data as { light?: number[] }).light?.[0] === first
