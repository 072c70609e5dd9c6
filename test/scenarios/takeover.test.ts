/** Takeovers between nodes while device managers die, and while presence has forgotten who is where. */
import assert from 'node:assert/strict'
import { createClient } from 'redis'
import { onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'
import { scenario, sleep, until, type World } from '../world.ts'
import { finish, NOTICED_MS, partsWith, qos2, valuesOf, whileFrozen } from './handover.ts'

/** As if Redis had been emptied; other clouds use it too. */
async function emptyPresence(world: World): Promise<void> {
  const url = new URL(world.env['PANDO_PRESENCE_URL']!)
  const client = await createClient({ url: `redis://${url.host}` }).connect()
  await client.del(await client.keys(`${url.searchParams.get('prefix')}*`))
  client.destroy()
}

onEngines(enginesOf.processes!, () => {
  // MQTT-21
  scenario(
    'managers that are killed while they wait for the end of a session: what it had sent is there before the device is let in elsewhere',
    async (world) => {
      const device = await world.device()
      await device.connect({ clean: false })
      const { link: old } = device
      const known = async () => (await world.peers.devicemanager.routes({ devices: [device.id] })).items[0]?.epoch
      const before = await known()
      const { coming } = await whileFrozen(partsWith(world, 'controller'), async () => {
        old.send(qos2(device, 1, false))
        await sleep(NOTICED_MS)
        device.connect({ clean: false }).catch(() => undefined)
        await until('the claim of another node', async () => ((await known()) ?? before) !== before)
        // one after the other, so that nodes keep their leases
        for (const p of partsWith(world, 'devicemanager')) {
          await p.kill()
          await p.start()
        }
        const coming = device.comeBack({ clean: false })
        await sleep(NOTICED_MS)
        return { coming }
      })
      await coming
      await until('the end of the session before', () => old.ended)
      device.link.send(qos2(device, 1, true))
      await finish(device, 1)
      await world.stop()
      assert.deepEqual(await valuesOf(world, device), [1])
    },
    { shapes: ['processes'] },
  )

  // MQTT-22
  scenario(
    'presence that was emptied: what a session elsewhere had sent is there before the device is let in, and that session is gone',
    async (world) => {
      const device = await world.device()
      await device.connect({ clean: false })
      const { link: old } = device
      const { coming } = await whileFrozen(partsWith(world, 'controller'), async () => {
        old.send(qos2(device, 1, false))
        await sleep(NOTICED_MS)
        await emptyPresence(world)
        const coming = device.connect({ clean: false })
        await sleep(NOTICED_MS)
        return { coming }
      })
      await coming
      assert.notEqual(device.link.socket.remotePort, old.socket.remotePort)
      device.link.send(qos2(device, 1, true))
      await finish(device, 1)
      await until('the end of the session before', () => old.ended)
      await world.stop()
      assert.doesNotMatch(world.running.logged(), /not all access nodes have said/)
      assert.deepEqual(await valuesOf(world, device), [1])
    },
    { shapes: ['processes'] },
  )
})
