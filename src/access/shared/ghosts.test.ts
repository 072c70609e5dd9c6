/** Sessions that presence has and that are not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '#lib/log.ts'
import { manager } from '../../../test/support/devicemanager.ts'
import { Departures } from './departures.ts'
import { Ghosts } from './ghosts.ts'

const WAITING = 100_000

async function nodeOf(...devices: number[]) {
  const m = await manager()
  m.addNode('n1')
  const here = new Map<number, { epoch: number }>()
  for (const [i, verdict] of (await m.connect('n1', ...devices)).entries()) here.set(devices[i]!, { epoch: verdict.epoch! })
  const up = { is: true }
  const peer = () => ({
    ...m.face,
    disconnected: async (ended: Parameters<typeof m.face.disconnected>[0]) => {
      if (!up.is) throw new Error('away')
      return m.face.disconnected(ended)
    },
  })
  const departures: Departures = new Departures(
    peer,
    async () => {},
    () => ghosts.want(),
    silentLog(),
  )
  const gone = (device: number, epoch: number) => departures.add(device, epoch)
  const ghosts = new Ghosts({ instance: 'n1', clock: m.clock, peer, devices: here, gone })
  return {
    ...{ m, here, up, departures, ghosts },
    /** Looks, so long after the last time. */
    async look(ms: number): Promise<void> {
      m.clock.advance(ms)
      await ghosts.look()
      await turn()
      await departures.told()
    },
    async known(): Promise<number[]> {
      return (await m.presence.held('n1')).sessions.map((s) => s.device).sort((a, b) => a - b)
    },
  }
}

// CLU-15
test('ends of sessions beyond those that wait are found where presence still has them', async () => {
  const { here, up, departures, look, known } = await nodeOf(1, 2)
  const { epoch } = here.get(1)!
  here.delete(1)
  up.is = false
  for (let n = 0; n < WAITING; n++) departures.add(1_000_000 + n, 1)
  departures.add(1, epoch)
  await turn()
  await departures.told()
  up.is = true
  departures.again()
  await departures.told()
  assert.deepEqual(await known(), [1, 2])
  await look(0)
  assert.deepEqual(await known(), [1, 2], 'its verdict may be on its way')
  await look(5000)
  assert.deepEqual(await known(), [1, 2])
  await look(5001)
  assert.deepEqual(await known(), [2])
})

// CLU-15
test('a session whose verdict comes in time, or that nobody asks for, is left alone', async () => {
  const { here, ghosts, look, known } = await nodeOf(1, 2)
  const { epoch } = here.get(1)!
  here.delete(1)
  await look(20_000)
  await look(20_000)
  assert.deepEqual(await known(), [1, 2])
  ghosts.want()
  await look(0)
  here.set(1, { epoch })
  await look(11_000)
  here.delete(1)
  await look(11_000)
  assert.deepEqual(await known(), [1, 2], 'missing, but not when it was looked for before')
})
