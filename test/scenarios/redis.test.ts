/** A cloud whose presence is in Redis: what devices and applications notice when Redis dies, forgets and comes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'redis'
import { breakingEngine } from '../support/engines.ts'
import { makeWorld, Refused, until } from '../world.ts'

breakingEngine('redis', (begin) => {
  // ENG-16, F-07
  test('devices keep their connections while Redis is away or has forgotten them, and are found again by themselves', async (t) => {
    const redis = await begin()
    t.after(() => redis.stop())
    const world = await makeWorld({ env: { PANDO_PRESENCE_URL: redis.url } })
    const online = async () => (await world.peers.devicemanager.online({})).count
    const is = (n: number) => until(`${n} devices online`, async () => (await online().catch(() => -1)) === n, 10_000)
    try {
      const device = await world.connected()
      await is(1)

      const client = await createClient({ url: redis.url }).connect()
      await client.flushAll()
      client.destroy()
      await is(1)

      await redis.kill()
      await until('the death of Redis', () =>
        online().then(
          () => false,
          () => true,
        ),
      )
      await device.status({ light: [1, 2] })
      const late = await world.device()
      await assert.rejects(late.connect(), (e) => e instanceof Refused)
      await redis.start()
      await is(1)
      await device.ping()
      await late.comeBack()
      await is(2)
      await late.disconnect()
      await is(1)
    } finally {
      await world.close()
    }
  })
})
