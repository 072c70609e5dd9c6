import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeWorld, needsEmbedded } from '../world.ts'
import { openDoor } from './door.ts'

const GIB = 1 << 30

// ADM-30
test(
  'the disk budget that people set counts at once and over restarts, and goes back to the settings',
  needsEmbedded,
  async () => {
    const world = await makeWorld({ env: { PANDO_HISTORY_MAX_BYTES: '3g' } })
    try {
      const { client } = await openDoor(world)
      const parts = async () => (await client('GET /system')).disk.parts.map((p) => [p.name, p.limit / GIB])
      const told = async (name: string) => {
        const { items } = await client('GET /system/config')
        const { value, source } = items.find((s) => s.name === name)!
        return [value, source]
      }
      assert.deepEqual(await parts(), [
        ['devicelog', 8],
        ['history', 3],
      ])
      const { parts: now } = await client('PUT /system/disk-budget', {
        body: { devicelog: { limit: 2 * GIB, max_age_ms: 7_200_000 } },
      })
      assert.deepEqual([now[0]!.limit, now[0]!.max_age_ms, now[1]!.limit], [2 * GIB, 7_200_000, 3 * GIB])
      assert.deepEqual(await told('PANDO_DEVICELOG_MAX_BYTES'), [String(2 * GIB), 'people'])
      assert.deepEqual(await told('PANDO_HISTORY_MAX_BYTES'), ['3g', 'environment'])
      await world.restart()
      assert.deepEqual(await parts(), [
        ['devicelog', 2],
        ['history', 3],
      ])
      await client('PUT /system/disk-budget', { body: { history: { limit: GIB } } })
      assert.deepEqual(await parts(), [
        ['devicelog', 8],
        ['history', 1],
      ])
      await assert.rejects(client('PUT /system/disk-budget', { body: { history: { limit: 1000 } } }))
      assert.deepEqual(await parts(), [
        ['devicelog', 8],
        ['history', 1],
      ])
      const storm = [2, 3, 4, 5, 6].map((n) => client('PUT /system/disk-budget', { body: { history: { limit: n * GIB } } }))
      const after = await Promise.all(storm)
      assert.ok(after.every((disk) => disk.parts[1]!.limit >= 2 * GIB))
      // F-03
      await world.stop()
      writeFileSync(join(world.dataDir, 'disk-budget.json'), '{"historyMaxBytes":')
      await world.start()
      assert.deepEqual(await parts(), [
        ['devicelog', 8],
        ['history', 3],
      ])
      assert.ok(world.running.logged().includes('disk-budget.json'))
    } finally {
      await world.close()
    }
  },
)
