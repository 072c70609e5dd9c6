import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeBatch, type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import type { Bucket, History } from '../port.ts'
import { openFileHistory } from './open.ts'
import { dayOf } from './records.ts'

const HOUR = 3_600_000
const day0 = (dayOf(Date.now()) - 40) * 86_400_000

/** Object 5 says a number as float64, int16 and bool, and a text that has no hours. */
function status(device: number, time: number, n: number): NewRecord {
  const values = [n, Math.round(n), n > 0, 'text']
  const properties = [{ subDevice: 1, object: 5, values, types: [1, 4, 13, 12] }]
  const data = Buffer.from(encodeStatus({ timestamp: time, properties }))
  return { kind: recordKind.status, device, time, data: data.fill(0, 9, 25) }
}

const open = (disk: SimulatedDisk) => openFileHistory('file:h', { dataDir: '/', disk, idleMs: 2 ** 40, ageMs: 2 ** 40 })

const rounded = (n: number) => Math.round(n * 1e6) / 1e6 + 0

/** The hours of a value of object 5. */
const hours = (history: History, position: number, q: { device: number; from: number; to: number }) =>
  history.buckets({ ...q, object: 5, position, step: HOUR })

/** Of dropped records only the hour of the first is known. */
const comparable = (rows: Bucket[]) => rows.map(({ firstAt: _, ...b }) => ({ ...b, mean: rounded(b.mean) }))

describe('hours of dropped records', () => {
  const samples = Array.from({ length: 12_000 }, (_, i) => ({ time: day0 + i * 25_000, n: ((i * 37) % 101) - 50.25 }))

  /** The definition, for the number at position 0. */
  const expected = (): Omit<Bucket, 'firstAt'>[] =>
    [...Map.groupBy(samples, (s) => s.time - (s.time % HOUR))].map(([hour, some]) => {
      const ns = some.map((s) => s.n)
      const last = some.at(-1)!
      const mean = ns.reduce((a, b) => a + b) / ns.length
      const span = { min: Math.min(...ns), max: Math.max(...ns), mean: rounded(mean) }
      return { at: hour, count: ns.length, ...span, last: last.n, lastAt: last.time }
    })

  // HIST-6
  it('are the same before and after records are dropped in part, also after a restart', async () => {
    const disk = new SimulatedDisk(seeded(1))
    let history = await open(disk)
    const q = { device: 7, from: day0, to: day0 + 5 * 86_400_000 }
    const check = async () => {
      assert.deepEqual(comparable(await hours(history, 0, q)), expected())
      const others = await Promise.all([1, 2, 3].map((position) => hours(history, position, q)))
      assert.deepEqual(
        others.map((rows) => rows.length),
        [expected().length, expected().length, 0],
      )
    }
    for (let i = 0; i < samples.length; i += 100) {
      const some = samples.slice(i, i + 100).flatMap(({ time, n }) => [status(7, time, n), status(8, time, 1)])
      await history.absorb(makeBatch(1, i + 1, some))
      if (i % 2000 === 0) await history.flush()
    }
    await history.flush()
    await check()
    const { bytes } = await history.retain({ maxBytes: 2 ** 40, maxAgeMs: 2 ** 42 })
    for (const part of [0.8, 0.5, 0.3, 0]) {
      const kept = await history.retain({ maxBytes: bytes * part, maxAgeMs: 2 ** 42 })
      assert.ok(kept.bytes <= bytes * part, `${kept.bytes} of ${bytes}`)
      if (part > 0) await check()
      if (part === 0.5) {
        await history.close()
        history = await open(disk)
      }
    }
    assert.deepEqual(await hours(history, 0, q), [])
    await history.close()
  })

  // HIST-6
  it('are read by the model version that their records were written with; frames of foreign codecs leave none', async () => {
    const history = await open(new SimulatedDisk(seeded(1)))
    const said = (n: number, more: Partial<NewRecord>) => ({ ...status(7, day0 + n, n), ...more })
    const foreign = said(9, { version: 2, flags: recordFlag.foreign })
    await history.absorb(makeBatch(1, 1, [said(5, { version: 1 }), said(-3, { version: 2 }), foreign, said(-2, { version: 3 })]))
    await history.retain({ maxBytes: 0, maxAgeMs: 2 ** 42 })
    await history.flush()
    await history.retain({ maxBytes: 2 ** 40, maxAgeMs: 20 * 86_400_000 })
    const elsewhere = [
      { version: 1, place: { object: 5, position: 2 } },
      { version: 3, place: null },
    ]
    const q = { device: 7, from: day0 - HOUR, to: day0 + HOUR, object: 5, position: 0, step: 2 * HOUR, elsewhere }
    const rows = await history.buckets({ ...q, from: day0 - 2 * HOUR })
    assert.deepEqual(
      rows.map(({ count, min, max }) => ({ count, min, max })),
      [
        { count: 1, min: -3, max: -3 },
        { count: 1, min: 1, max: 1 },
      ],
    )
    await history.close()
  })

  // HIST-6
  it('stay for ten times the age of records, and are under a checksum', async () => {
    const disk = new SimulatedDisk(seeded(1))
    const history = await open(disk)
    await history.absorb(
      makeBatch(1, 1, [status(7, day0, 3), { kind: recordKind.status, device: 8, time: day0, data: Buffer.alloc(30) }]),
    )
    await history.flush()
    await history.retain({ maxBytes: 2 ** 40, maxAgeMs: 20 * 86_400_000 })
    const q = { device: 7, from: day0, to: day0 + 1 }
    const last = async (position: number) => (await hours(history, position, q))[0]?.last
    assert.equal((await history.read({ device: 7 })).records.length, 0)
    assert.deepEqual([await last(0), await last(1), await last(2), await last(3)], [3, 3, 1, undefined])
    await history.close()
    const files = disk.files()
    const path = [...files.keys()].find((f) => f.endsWith('.hours'))!
    files.get(path)![3]! ^= 1
    const damaged = await open(SimulatedDisk.fromFiles(files, seeded(2)))
    await assert.rejects(hours(damaged, 0, q), (e: Error) => e.message.includes(path))
    await damaged.retain({ maxBytes: 2 ** 40, maxAgeMs: 86_400_000 })
    assert.deepEqual(await hours(damaged, 0, q), [])
    await damaged.close()
  })
})
