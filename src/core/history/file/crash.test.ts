import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { NaiveHistory, pick, type Random, randomQuery, randomRecords, readAll } from '../naive.ts'
import type { FileHistory } from './history.ts'
import { openFileHistory } from './open.ts'
import { dayOf } from './records.ts'

const rounds = process.env['PANDO_TEST_LONG'] ? 200 : 25
const STREAMS = 3

/** History on a disk that may die at any operation, the log that feeds it, and what it must say. */
class World {
  readonly naive = new NaiveHistory()
  readonly random: Random
  readonly days: readonly number[]
  disk: SimulatedDisk
  history!: FileHistory
  /** all batches in the order in which they came */
  readonly log: { stream: number; seq: number; batch: Buffer }[] = []
  /** device 1's current value is the number of batches, as of the last save that was waited for */
  saved = 0

  constructor(seed: number) {
    this.random = seeded(seed)
    this.disk = new SimulatedDisk(this.random)
    const today = dayOf(Date.now())
    this.days = [today, today - 1, today - 3]
  }

  async open(): Promise<void> {
    const foldBytes = 500 + pick(this.random, 5000)
    this.history = await openFileHistory('file:h', { dataDir: '/', disk: this.disk, foldBytes })
    const cursors = this.history.cursors()
    for (const { stream, seq, batch } of this.log) if (seq > (cursors.get(stream) ?? 0)) await this.history.absorb(batch)
  }

  /** A crash, and what comes after it: the log is handed over again from the cursors on. */
  async crash(): Promise<void> {
    this.disk = this.random() < 0.5 ? this.disk.powerCut() : this.disk.restart()
    await this.open()
    assert.equal(this.history.health().error, undefined)
    const count = this.history.current.get(1, 1)?.bytes.length ?? 0
    assert.ok(count >= this.saved && count <= this.log.length, `saved ${this.saved}, found ${count}`)
    assert.equal(this.history.current.saved.get(0) ?? 0, count)
  }

  async absorb(): Promise<void> {
    const stream = 1 + pick(this.random, STREAMS)
    const seq = 1 + this.log.filter((b) => b.stream === stream).length
    const batch = this.naive.batch(stream, seq, randomRecords(this.random, this.days))
    this.log.push({ stream, seq, batch })
    await this.history.absorb(batch)
    if (this.random() < 0.2) await this.history.absorb(batch)
  }

  async save(): Promise<void> {
    const count = this.log.length
    this.history.current.put(1, 1, 0, Buffer.alloc(count), 0, count)
    await this.history.current.save(new Map([[0, count]]))
    this.saved = count
  }

  async compare(): Promise<void> {
    const q = randomQuery(this.random, this.days)
    assert.deepEqual(await readAll(this.history, q), this.naive.read(q), JSON.stringify(q))
  }

  async act(): Promise<void> {
    const what = this.random()
    if (what < 0.6) await this.absorb()
    else if (what < 0.75) await this.compare()
    else if (what < 0.85) await this.history.flush()
    else if (what < 0.9) await this.save()
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('history file: after a crash', () => {
  // HIST-2
  it('at any operation, killed or without power, says what was absorbed exactly once (F-01, F-02, F-04)', async () => {
    for (let seed = 1; seed <= rounds; seed++) {
      const w = new World(seed)
      await w.open()
      for (let crashes = 0; crashes < 4; crashes++) {
        w.disk.dieAt = w.disk.operations + pick(w.random, 300)
        const { died } = w.disk
        let dead = false
        void died.then(() => (dead = true))
        for (let i = 0; i < 60 && !dead; i++) await Promise.race([w.act(), died])
        await w.crash()
      }
      for (let i = 0; i < 10; i++) await w.compare()
      await w.history.close()
    }
  })
})
