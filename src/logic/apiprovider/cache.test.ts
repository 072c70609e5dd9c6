import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '#lib/service.ts'
import { makeCache } from './cache.ts'

interface Thing {
  id: number
  name: string
}

function setup(max = 10) {
  let now = 0
  const none = () => () => {}
  const clock: Clock = { now: () => now, after: none, every: none }
  const cache = makeCache<Thing>({ clock, life: 100, max, idOf: (t) => t.id })
  return { cache, pass: (ms: number) => void (now += ms) }
}

const thing = (id: number, name = `t${id}`) => Promise.resolve({ id, name })

test('what was loaded is there until its life has passed', async () => {
  const { cache, pass } = setup()
  assert.equal(cache.get('a'), undefined)
  assert.equal((await cache.load('a', () => thing(1))).name, 't1')
  pass(99)
  assert.equal(cache.get('a')?.name, 't1')
  pass(1)
  assert.equal(cache.get('a'), undefined)
})

test('one load serves all who ask at the same time; an error is not kept', async () => {
  const { cache } = setup()
  let loads = 0
  const load = () => {
    loads++
    return thing(1)
  }
  await Promise.all([cache.load('a', load), cache.load('a', load)])
  assert.equal(loads, 1)
  await assert.rejects(cache.load('b', () => Promise.reject(new Error('no'))))
  assert.equal((await cache.load('b', () => thing(2))).id, 2)
})

test('it never holds more than it may; the oldest goes first', async () => {
  const { cache } = setup(2)
  for (const id of [1, 2, 3]) await cache.load(String(id), () => thing(id))
  assert.deepEqual(
    ['1', '2', '3'].map((k) => cache.get(k)?.id),
    [undefined, 2, 3],
  )
})

test('a thing is dropped by id, also after it was loaded again; all are dropped without one', async () => {
  const { cache, pass } = setup()
  await cache.load('a', () => thing(1))
  pass(100)
  await cache.load('a', () => thing(1))
  await cache.load('b', () => thing(2))
  cache.drop(1)
  assert.deepEqual([cache.get('a'), cache.get('b')?.id], [undefined, 2])
  cache.drop(77)
  cache.drop()
  assert.equal(cache.get('b'), undefined)
})

test('what was asked for before a change is not kept after it', async () => {
  const { cache } = setup()
  const { promise, resolve } = Promise.withResolvers<Thing>()
  const old = cache.load('a', () => promise)
  cache.drop(1)
  const fresh = cache.load('a', () => thing(1, 'new'))
  resolve({ id: 1, name: 'old' })
  assert.equal((await old).name, 'old')
  assert.equal((await fresh).name, 'new')
  assert.equal(cache.get('a')?.name, 'new')
})
