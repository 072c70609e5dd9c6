import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { NaiveHistory, pick, randomQuery, randomRecords, readAll } from '../naive.ts'
import { openFileHistory } from './open.ts'
import { pickMerge } from './policy.ts'
import { dayName, dayOf } from './records.ts'
import { Run } from './run.ts'
import { runKind } from './runformat.ts'

const today = dayOf(Date.now())

describe('merging runs', () => {
  // HIST-4
  it('changes nothing of what is said, whether times overlap or not, with devices of one record and of thousands', async () => {
    const random = seeded(9)
    const disk = new SimulatedDisk(seeded(1))
    const naive = new NaiveHistory()
    const history = await openFileHistory('file:h', { dataDir: '/', disk, idleMs: 2 ** 40, ageMs: 2 ** 40, rushMs: 0 })
    const days = [today, today - 2]
    for (let seq = 1; seq <= 20; seq++) {
      await history.absorb(naive.batch(1, seq, randomRecords(random, days, seq % 5 === 0 ? 1500 : 3)))
      // times of this device only go up: its blocks are joined as they are
      const rising = { kind: 1, device: 99, time: today * 86_400_000 + seq * 1000, data: Buffer.alloc(pick(random, 40)) }
      await history.absorb(
        naive.batch(
          2,
          seq,
          Array.from({ length: 70 }, () => rising),
        ),
      )
      await history.flush()
    }
    await history.retain({ maxBytes: 2 ** 50, maxAgeMs: 2 ** 50 }) // waits for merges
    const runs = [...disk.files().keys()].filter((f) => f.endsWith('.run'))
    assert.equal(runs.filter((f) => f.includes(dayName(today - 2))).length, 1)
    assert.ok(runs.length < 10, runs.join())
    for (let i = 0; i < 40; i++) {
      const q = i === 0 ? { device: 99, limit: 77 } : randomQuery(random, days)
      assert.deepEqual(await readAll(history, q), naive.read(q), JSON.stringify(q))
    }
    await history.close()
  })

  it('waits while folds follow each other closely, until there are too many runs', async () => {
    const disk = new SimulatedDisk(seeded(1))
    const naive = new NaiveHistory()
    const history = await openFileHistory('file:h', { dataDir: '/', disk, idleMs: 2 ** 40, ageMs: 2 ** 40, rushMs: 2 ** 40 })
    const fold = async (seq: number) => {
      await history.absorb(naive.batch(1, seq, randomRecords(seeded(seq), [today], 3)))
      await history.flush()
      await history.retain({ maxBytes: 2 ** 50, maxAgeMs: 2 ** 50 }) // waits for merges
      return [...disk.files().keys()].filter((f) => f.endsWith('.run')).length
    }
    let seq = 0
    for (; seq < 48; seq++) assert.equal(await fold(seq + 1), seq + 1)
    assert.ok((await fold(seq + 1)) < 10)
    await history.close()
  })

  const runs = (...sizes: [day: number, size: number][]): Run[] =>
    sizes.map(
      ([day, size], order) =>
        new Run(new SimulatedDisk(seeded(1)), '', { kind: runKind.records, day, number: order, order, records: 1, size }),
    )

  const picked = (all: Run[], bad: number[] = []) =>
    pickMerge(
      all.filter((_, i) => !bad.includes(i)),
      all,
      10,
    )?.map((run) => run.info.order)

  it('takes eight of about one size, the newest, on a day that goes on', () => {
    const small: [number, number][] = Array.from({ length: 8 }, () => [11, 1000])
    assert.equal(picked(runs(...small.slice(1))), undefined)
    assert.deepEqual(picked(runs(...small)), [0, 1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(picked(runs([11, 2 ** 30], ...small)), [1, 2, 3, 4, 5, 6, 7, 8])
    assert.equal(picked(runs([11, 1000], [11, 2 ** 30], ...small.slice(1))), undefined)
    assert.deepEqual(picked(runs(...Array.from({ length: 8 }, (): [number, number] => [11, 2 ** 30]))), [0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('takes all of a day that is over, unless that would write a large run again for little', () => {
    assert.deepEqual(picked(runs([10, 1000], [10, 1000], [11, 1000])), [0, 1])
    assert.equal(picked(runs([10, 2 ** 30], [10, 1000])), undefined)
    assert.deepEqual(
      picked(runs([10, 2 ** 30], ...Array.from({ length: 4 }, (): [number, number] => [10, 1000]))),
      [0, 1, 2, 3, 4],
    )
  })

  it('never touches a damaged run or crosses it', () => {
    const day = Array.from({ length: 5 }, (): [number, number] => [10, 1000])
    assert.deepEqual(picked(runs(...day), [2]), [3, 4])
    assert.equal(picked(runs(...day), [3]), undefined)
  })
})
