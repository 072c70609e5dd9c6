/** F-13: clocks that jump. Timers go by time that passes, not by the date. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldTime } from '../world/time.ts'
import { makeWorld, needsEmbedded } from '../world.ts'

const DAY = 86_400_000
const jumps: [string, (now: number) => number][] = [
  ['ten days ahead', (now) => now + 10 * DAY],
  ['an hour back', (now) => now - DAY / 24],
  ['to the end of 32-bit time', () => Date.UTC(2038, 0, 19, 3, 14, 6)],
  ['into a leap day', () => Date.UTC(2028, 1, 28, 23, 59, 58)],
  ['into a change to summer time', () => Date.UTC(2027, 2, 28, 0, 59, 58)],
]

for (const [name, jump] of jumps) {
  test(
    `F-13 the clock jumps ${name}: sessions stay, keep-alive is kept, times are those of the clock`,
    needsEmbedded,
    async () => {
      const time = heldTime(Date.UTC(2027, 0, 1))
      const world = await makeWorld({ shape: 'encoded', clock: time.clock })
      try {
        const app = await world.application()
        const [alive, silent] = [await world.connected(), await world.connected()]
        time.clock.set(jump(time.clock.now()))
        await time.pass(5)
        assert.deepEqual([alive.link.ended, silent.link.ended], [undefined, undefined])
        await alive.status({ light: [1, 2] })
        for (let s = 0; s < 45; s += 15) {
          await time.pass(15)
          await alive.ping()
        }
        assert.deepEqual([alive.link.ended, silent.link.ended], [undefined, 'end'])
        const { at } = await world.told(silent, 'offline', 'keepalive_timeout')
        assert.ok(Math.abs(at - time.clock.now()) < 20_000, new Date(at).toISOString())
        assert.deepEqual((await app.get(`/devices/${alive.identifier}/status/latest`)).data, { light: [1, 2] })
        const [command, answer] = await Promise.all([
          alive.expectCommand(),
          app.post(`/devices/${alive.identifier}/commands`, { ping: [] }),
        ])
        assert.deepEqual([command.name, answer.code], ['ping', 0])
        if (jump(0) < 30 * DAY) await silent.connect()
      } finally {
        await world.close()
      }
    },
  )
}

test('F-13 tokens: good for 30 days without use, whatever the clock did in between', needsEmbedded, async () => {
  const time = heldTime()
  const world = await makeWorld({ shape: 'encoded', clock: time.clock })
  try {
    const device = await world.device()
    time.clock.set(time.clock.now() + 29 * DAY)
    await device.connect()
    await device.disconnect()
    time.clock.set(time.clock.now() + 29 * DAY)
    await device.connect()
    await device.disconnect()
    time.clock.set(time.clock.now() + 31 * DAY)
    await assert.rejects(device.connect())
  } finally {
    await world.close()
  }
})
