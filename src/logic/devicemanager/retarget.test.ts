import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { manager } from '../../../test/support/devicemanager.ts'

// MOD-4
test('sessions of a product are told when its model changes, and again a moment later', async () => {
  const m = await manager()
  const n1 = m.addNode('n1')
  const n2 = m.addNode('n2')
  await m.connect('n1', 7)
  await m.face.alive({ node: 'n2' })
  n1.holds = Array.from({ length: 1200 }, (_, i) => i + 1)
  m.registry.modelVersion = 2
  m.queue.ring('registry', { what: 'product', id: 1, change: 'changed' })
  m.clock.advance(0)
  for (let i = 0; i < 20; i++) await turn()
  assert.deepEqual([n1.versions.size, n1.versions.get(7), n2.versions.size], [1200, 2, 0])
  n2.holds = [8]
  m.clock.advance(2000)
  for (let i = 0; i < 20; i++) await turn()
  assert.equal(n2.versions.get(8), 2)
  await m.stop()
})

// MOD-4
test('a device whose firmware changes is told alone; what is only added or removed tells nobody', async () => {
  const m = await manager()
  const n1 = m.addNode('n1')
  await m.connect('n1', 7)
  n1.holds = [7, 8]
  m.registry.modelVersion = 3
  m.queue.ring('registry', { what: 'product', id: 1, change: 'removed' })
  m.queue.ring('registry', { what: 'device', id: 7, change: 'changed' })
  m.clock.advance(0)
  for (let i = 0; i < 20; i++) await turn()
  assert.deepEqual([...n1.versions], [[7, 3]])
  await m.stop()
})
