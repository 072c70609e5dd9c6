import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { RegistryBell } from '#core/queue/port.ts'
import { openRegistrystore } from '#core/registrystore/open.ts'
import { removeDir, tempDir } from '../../../test/support/registry.ts'
import { change, makeChanges } from './changes.ts'

describe('changes', () => {
  const dir = tempDir()
  after(() => removeDir(dir))

  const process = async (origin: string) => {
    const store = await openRegistrystore('sqlite:', { dataDir: dir })
    const [rung, dropped]: [RegistryBell[], (RegistryBell | undefined)[]] = [[], []]
    const queue = { ring: (_: string, bell: unknown) => void rung.push(bell as RegistryBell) }
    const changes = makeChanges({ store, queue, origin, now: () => 5, drop: (bell) => void dropped.push(bell) })
    await changes.start()
    return { store, changes, rung, dropped }
  }
  const bell = (id: number): RegistryBell => ({ what: 'device', id, change: 'changed' })

  it('reach the caches and bells of every process once, are kept for a while, and a gap empties the caches', async () => {
    const [a, b] = [await process('a'), await process('b')]
    await change(a, async () => ({ result: 1, bell: bell(7) }))
    await change(b, async () => ({ result: 1, bell: bell(8) }))
    for (const p of [a, b, a, b]) await p.changes.refresh()
    assert.deepEqual(a.rung, [bell(7), bell(8)])
    assert.deepEqual(b.rung, [bell(8), bell(7)])
    assert.deepEqual([a.dropped, b.dropped], [a.rung, b.rung])

    for (let i = 0; i < 6; i++) {
      const bells = Array.from({ length: 1000 }, (_, n) => bell(n + 1))
      await a.store.transaction((tx) => a.changes.record(tx, bells))
    }
    const kept = (await a.store.select('registry_change', {})).map((r) => r.id)
    assert.ok(kept.length >= 4096 && kept.length < 6000, `${kept.length} kept`)
    assert.equal(Math.max(...kept), 6002)
    b.dropped.splice(0)
    await b.changes.refresh()
    assert.equal(b.dropped.filter((d) => d === undefined).length, 1)
    assert.equal(b.dropped[0], undefined)
    await Promise.all([a.store.close(), b.store.close()])
  })

  it('a change that fails is not told', async () => {
    const a = await process('a')
    const failing = change(a, async (tx) => {
      await a.changes.record(tx, [bell(1)])
      throw new Error('no')
    })
    await assert.rejects(failing)
    assert.deepEqual(a.rung, [])
    await a.store.close()
  })
})
