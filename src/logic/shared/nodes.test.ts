import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import { nodeNamed } from './nodes.ts'

const face = {} as Face<typeof access>

// CLU-5
test('nodes: one that discovery tells of late is found, by a process that stood still meanwhile, too', async () => {
  let looks = 0
  const found = await nodeNamed((node) => {
    assert.equal(node, 'a')
    looks++
    for (const since = performance.now(); looks === 1 && performance.now() - since < 1100; );
    return looks > 3 ? face : undefined
  }, 'a')
  assert.equal(found, face)
})

test('nodes: one that nobody knows of is gone', async () => assert.equal(await nodeNamed(() => undefined, 'b'), undefined))
