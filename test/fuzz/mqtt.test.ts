/** B-02, R3: mutated packets over real sockets, before and after login; a device beside them that keeps to the standard notices nothing. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'
import { draw, namesOf, seeded } from '#access/mqttaccess/packet/testkit.ts'
import { inUse } from '../support/memory.ts'
import { RawLink } from '../world/rawlink.ts'
import { type Device, makeWorld, until } from '../world.ts'
import { makeRandom, mutate, type Random } from './random.ts'

const SESSIONS = 6000
const PACKETS = 10
const AT_ONCE = 8
const KEPT_MB = 40

const unhandled: unknown[] = []
process.on('unhandledRejection', (e) => unhandled.push(e))

const world = await makeWorld({ shape: 'direct' })
after(() => world.close())

test(`B-02 ${SESSIONS * PACKETS} mutated packets in ${SESSIONS} connections: no crash, nothing stays, others go on`, async () => {
  const random = makeRandom(11)
  const app = await world.application()
  const healthy = await world.connected({ dialect: 'mqtt5' })
  const wild = [await world.device({ dialect: 'user' }), await world.device({ dialect: 'mqtt5' })]
  const before = inUse()
  let n = 0
  const attack = async () => {
    while (n < SESSIONS) {
      const device = wild[n % 2]!
      const said = ++n
      await session(device, said, random)
      if (said % 50 !== 0) continue
      await healthy.status({ light: [said % 256, said] })
      const { data } = await app.get(`/devices/${healthy.identifier}/status/latest`)
      assert.ok((data as { light: number[] }).light[1]! >= said, `${JSON.stringify(data)} after ${said}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, attack))
  await until('only the healthy device online', async () => (await world.peers.devicemanager.online({})).count === 1)
  await healthy.ping()
  assert.equal(healthy.link.ended, undefined)
  const kept = (inUse() - before) / 2 ** 20
  assert.ok(kept < KEPT_MB, `${kept.toFixed(0)} MB more than before`)
  assert.deepEqual(unhandled, [])
  assert.ok(!/"log.level":"error"/.test(world.running.logged()), world.running.logged().slice(-2000))
})

const make = draw(seeded(7))

/** Every other connection logs in first; then packets come whole, cut, joined and changed. */
async function session(device: Device, n: number, random: Random): Promise<void> {
  const link = await RawLink.open(world.listen['mqttaccess']!)
  if (n % 4 < 2) link.send(encodePacket(device.hello(), device.version))
  const names = namesOf(device.version)
  const packets = Array.from({ length: PACKETS }, () => {
    const packet = Buffer.from(encodePacket(make.packet(random.pick(names), device.version), device.version))
    return random.once(3) ? packet : mutate(packet, random)
  })
  link.send(Buffer.concat(packets))
  await link.isClosedWithin(random.below(15))
  await link.drop()
}
