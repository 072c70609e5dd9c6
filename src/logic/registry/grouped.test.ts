import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { grouped } from './grouped.ts'

describe('grouped', () => {
  it('runs calls of one tick together, later ones in the next group, each with its own answer', async () => {
    const groups: number[][] = []
    const double = grouped<number, number>(async (items) => {
      groups.push(items)
      await new Promise(setImmediate)
      return items.map((i) => i * 2)
    }, 3)
    const first = Promise.all([1, 2, 3, 4].map(double))
    await new Promise(setImmediate)
    const second = Promise.all([5, 6].map(double))
    assert.deepEqual(
      [await first, await second],
      [
        [2, 4, 6, 8],
        [10, 12],
      ],
    )
    assert.deepEqual(groups, [
      [1, 2, 3],
      [4, 5, 6],
    ])
    assert.equal(await double(7), 14)
  })

  it('gives an error to the item that it is about, or to the group that failed, and goes on', async () => {
    const work = grouped<string, string>(async (items) => {
      if (items.includes('broken')) throw new PandoError('disk_full', 'no space')
      return items.map((i) => (i === 'bad' ? new PandoError('invalid', 'bad') : i))
    })
    const codes = async (items: string[]) =>
      (await Promise.allSettled(items.map(work))).map((r) => (r.status === 'fulfilled' ? r.value : (r.reason as PandoError).code))
    assert.deepEqual(await codes(['a', 'bad', 'b']), ['a', 'invalid', 'b'])
    assert.deepEqual(await codes(['a', 'broken']), ['disk_full', 'disk_full'])
    assert.equal(await work('c'), 'c')
    await assert.rejects(work('bad'), (e) => isPandoError(e, 'invalid'))
  })
})

describe('a damaged row in a group', () => {
  it('fails its own item only', async () => {
    const work = grouped<number, number>(async (items) => {
      if (items.includes(3)) throw new PandoError('store_damaged', 'row 3')
      return items
    })
    const results = await Promise.allSettled([1, 2, 3, 4].map(work))
    assert.deepEqual(
      results.map((r) => r.status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
  })
})
