/**
 * Servers that are away, hang or are cut off. The short form of `npm run test:outages`, which
 * takes Elasticsearch away, too.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outagesOf } from '../faults/outages.ts'
import { breakingEngine } from '../support/engines.ts'
import { enginesOf } from '../world/running.ts'

const engines = enginesOf.cluster!
const lasts = { stopped: 1500, frozen: 1500, 'cut off': 1500 }
const MOST_MEMORY = 64 << 20
/** 10001: not now; 10004: the device is not online */
const clear = new Set(['200 0', '200 10001', '200 10004', '503 10001'])

breakingEngine('mongodb', () => {
  // ENG-2, ENG-3
  test('each server stopped, frozen, cut off: nothing is confirmed that is not durable, calls say so, and it goes on by itself', async () => {
    const seed = Date.now() % 1_000_000
    const { seen, lost, disordered, duplicates, disagreeing } = await outagesOf({
      engines,
      lasts,
      devices: 6,
      seed,
    })
    const none = { lost: [], disordered: [], duplicates: [], disagreeing: [] }
    assert.deepEqual({ lost, disordered, duplicates, disagreeing }, none, `seed ${seed}`)
    for (const { engine, outage, confirmed, answers, grown } of seen) {
      const what = `${engine} ${outage}`
      if (engine === 'mongodb') assert.equal(confirmed, 0, what)
      const unclear = [...answers].filter(([kind, { text }]) => !clear.has(kind) || (kind !== '200 0' && text === ''))
      assert.deepEqual(unclear, [], what)
      assert.ok(grown <= MOST_MEMORY, `${what}: +${grown} octets`)
    }
  })
})
