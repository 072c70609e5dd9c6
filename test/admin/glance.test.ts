/** What the first pages show beside states: who sleeps, how fast commands are confirmed, how a connection is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../world.ts'
import { doorOfFile } from './door.ts'

const { world, door } = await doorOfFile()

const WAIT_MS = 30_000

// ADM-32
test('a connection with keep-alive, pace and how fast it confirms; who said goodbye is asleep', async () => {
  const product = await world.product()
  const awake = await world.connected({ product })
  const sleeper = await world.connected({ product })
  await sleeper.disconnect()
  await world.told(sleeper, 'offline', 'disconnected')
  const params = { id: awake.id }
  await door.client('POST /devices/{id}/commands', { params, body: { set: { light: [1, 2] } } })
  const row = await until('its time', async () => {
    const found = await door.client('GET /devices/{id}', { params })
    return found.connection?.rtt_ms !== undefined && found
  })
  const { keepalive, paced, rtt_ms } = row.connection!
  assert.deepEqual([typeof keepalive, paced], ['number', false])
  assert.ok(rtt_ms! >= 0)
  const { stats } = await door.client('GET /devices/{id}/diary', { params: { id: sleeper.id } })
  assert.deepEqual([stats.connects, stats.ends], [1, 1])
  const overview = await until(
    'the sleeper',
    async () => {
      const found = await door.client('GET /overview')
      return found.devices.asleep === 1 && found
    },
    WAIT_MS,
  )
  assert.ok(overview.commands.p95_ms! >= 0)
  assert.equal(overview.products.find((p) => p.id === product.id)!.presence.length, 48)
})
