/** Registries of a cluster that are killed while people ask: what they had begun to answer is asked of another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Door, openDoor, type Said } from '../admin/door.ts'
import { onEngines } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'
import { makeWorld, sleep } from '../world.ts'
import { partsWith } from './handover.ts'

const AT_ONCE = 8
const LOAD_MS = 700

onEngines(enginesOf.processes!, () => {
  // AUDIT-3, ADM-8, ENG-11
  test('cluster: a registry is killed in the middle of calls: commands are taken and cancelled, each once', async (t) => {
    const world = await makeWorld({ shape: 'processes' })
    t.after(() => world.close())
    const door = await openDoor(world)
    const device = await world.device()
    const taken: string[] = []
    let ended = false
    /** What reached no registry was not begun, and is asked again. */
    const ask = async (...asked: Parameters<Door['ask']>): Promise<Said> => {
      const said = await door.ask(...asked)
      const { sent, state } = said.json?.params ?? {}
      if (sent !== false && state !== 'running') return said
      await sleep(100)
      return ask(...asked)
    }
    const asking = async (me: number) => {
      for (let n = 0; !ended; n++) {
        const headers = { 'Idempotency-Key': `${me}-${n}` }
        const command = { headers, body: { command: 'switch', params: [me, n], ttl_s: 3600 } }
        const { status, json, body } = await ask('POST', `/devices/${device.id}/commands`, command)
        assert.equal(status, 202, body)
        taken.push(json.id)
        const cancelled = await ask('DELETE', `/commands/${json.id}`)
        assert.equal(cancelled.status, 200, cancelled.body)
      }
    }
    const load = Promise.all(Array.from({ length: AT_ONCE }, (_, me) => asking(me)))
    load.catch(() => (ended = true))
    for (const part of partsWith(world, 'registry')) {
      await sleep(LOAD_MS)
      await part.kill()
      await sleep(LOAD_MS)
      await part.start()
    }
    ended = true
    await load
    assert.equal(new Set(taken).size, taken.length)
    assert.ok(taken.length > AT_ONCE, `${taken.length} commands`)
  })
})
