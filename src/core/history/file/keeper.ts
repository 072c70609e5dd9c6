/** The one who does the work of history: takes chunks of the log, folds them into runs, merges runs, answers, drops. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Disk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import type { FrozenFile } from '#lib/frozen.ts'
import type { Bucket, BucketQuery, HistoryQuery } from '../port.ts'
import { readBuckets } from './buckets.ts'
import { foldDay, type Pause } from './fold.ts'
import { tooMany } from './policy.ts'
import { type Answer, answer, type Sight } from './query.ts'
import type { Run, RunInfo } from './run.ts'
import { runKind } from './runformat.ts'
import { Store } from './store.ts'
import { Tail } from './tail.ts'
import { type Limit, Tender } from './tender.ts'
import type { Told } from './told.ts'

export interface KeeperOptions {
  folder: string
  /** a fold begins when this much is unfolded; default 64 MiB */
  foldBytes: number
  /** … or when nothing has come for this long */
  idleMs: number
  /** … or when the oldest has waited for this long */
  ageMs: number
  /** it gives way to others after this long */
  sliceMs: number
  /** records that it gives in one go */
  mostTaken: number
  /** unfolded octets above which the work is called heavy */
  lightBytes: number
  /** folds that follow each other within this time are a rush: merges, which cost as much again, wait till it is over */
  rushMs: number
}

export const keeperDefaults = {
  foldBytes: 64 << 20,
  idleMs: 60_000,
  ageMs: 300_000,
  sliceMs: 2,
  mostTaken: 5000,
  lightBytes: Number.POSITIVE_INFINITY,
  rushMs: 10_000,
}

/** Beside other work in one thread. */
export const lightDefaults = { ...keeperDefaults, sliceMs: 1, lightBytes: 4 << 20 }

const TEND_MS = 60_000

/** Queries hold up folds and merges for so long at most. */
const MOST_GIVEN_MS = 20

/** Unfolded octets at which no more is taken, as a multiple of foldBytes. */
const FULL = 3

export class Keeper {
  #store: Store
  #o: KeeperOptions
  #told: Told
  #tail = new Tail()
  #frozen: Tail | undefined
  #folding: Promise<void> | undefined
  #tender: Tender
  #owed = 0
  #oldest = 0
  #newest = 0
  #retryAt = 0
  #tendedAt = 0
  #foldedAt = Number.NEGATIVE_INFINITY
  /** until when merges wait, if they can */
  #rushUntil = 0
  #retryMs = 1000
  #timer: NodeJS.Timeout
  /** queries under way, and what is resolved when there are none */
  #reading = 0
  #quiet = Promise.withResolvers<void>()
  /** what could not be done, and why */
  #failures = new Map<string, string>()

  private constructor(store: Store, o: KeeperOptions, told: Told) {
    this.#store = store
    this.#o = o
    this.#told = told
    this.#tender = new Tender(store, {
      pauses: () => this.#pauses(),
      mostBytes: o.lightBytes,
      heavy: () => told.heavy(),
      found: (e) => this.#found(e),
    })
    this.#timer = setInterval(() => this.#tick(performance.now()), 1000)
    this.#timer.unref()
  }

  static async open(disk: Disk, o: KeeperOptions, told: Told): Promise<Keeper> {
    const keeper = new Keeper(await Store.open(disk, o.folder), o, told)
    keeper.#report()
    told.cursors(keeper.#store.cursors)
    told.dropped(keeper.#store.droppedUntil)
    return keeper
  }

  /** Takes whole batches, none below the cursors. */
  add(batches: Buffer): void {
    const tail = this.#tail
    this.#newest = performance.now()
    if (tail.records === 0) this.#oldest = this.#newest
    tail.add(batches)
    this.#owed += batches.length
    this.#pay()
    if (tail.bytes + (this.#frozen?.bytes ?? 0) > this.#o.lightBytes) this.#told.heavy()
    else if (tail.bytes >= this.#o.foldBytes || tail.full) this.#foldSoon()
  }

  freeze(by: string): Promise<FrozenFile[]> {
    return this.#store.freeze(by)
  }

  read(q: HistoryQuery): Promise<Answer> {
    return this.#seeing(this.#store.runs(), (sight) => answer(sight, q))
  }

  /** Calls `use` with what there is at this moment; it stays readable meanwhile. */
  async #seeing<T>(runs: readonly Run[], use: (sight: Sight) => Promise<T>): Promise<T> {
    const store = this.#store
    const tails = this.#frozen ? [this.#frozen, this.#tail] : [this.#tail]
    store.hold(runs)
    if (this.#reading++ === 0) this.#quiet = Promise.withResolvers()
    try {
      return await use({
        runs,
        tails,
        using: (some, job) => store.using(some as readonly Run[], job),
        mostTaken: this.#o.mostTaken,
      })
    } catch (e) {
      this.#found(e)
      throw e
    } finally {
      if (--this.#reading === 0) this.#quiet.resolve()
      await store.release(runs)
    }
  }

  /** Of all that there is and of what has been dropped. */
  async buckets(q: BucketQuery): Promise<Bucket[]> {
    const runs = [...this.#store.runs(), ...this.#store.runs(runKind.rollup)]
    return this.#seeing(runs, (sight) => readBuckets(sight, q, this.#o.sliceMs))
  }

  /** Folds all that has been added. */
  async flush(): Promise<void> {
    const wanted = this.#tail
    while (wanted.records > 0 && (this.#frozen === wanted || this.#tail === wanted)) await this.#fold()
    if (this.#frozen) await this.#fold()
  }

  /** Called every second: folds what waits, tries again what failed, merges days that are over. The clock only goes forwards. */
  #tick(now: number): void {
    const waiting = this.#tail.records > 0 && (now - this.#newest >= this.#o.idleMs || now - this.#oldest >= this.#o.ageMs)
    if (this.#frozen || waiting || this.#tail.bytes >= this.#o.foldBytes) this.#foldSoon()
    else if (now - this.#tendedAt >= TEND_MS) this.#tendSoon()
  }

  #foldSoon(): void {
    if (this.#folding || performance.now() < this.#retryAt) return
    this.#fold().catch(() => {}) // told by health, tried again by #tick
  }

  #fold(): Promise<void> {
    this.#folding ??= this.#foldOnce().finally(() => {
      this.#folding = undefined
    })
    return this.#folding
  }

  async #foldOnce(): Promise<void> {
    if (!this.#frozen) {
      this.#frozen = this.#tail
      this.#tail = new Tail()
      this.#noteRush(performance.now())
    }
    const frozen = this.#frozen
    try {
      await this.#writeRuns(frozen, () => {
        this.#frozen = undefined
      })
      this.#retryMs = 1000
      this.#fail('fold', undefined)
      this.#told.cursors(this.#store.cursors)
      this.#pay()
      this.#tendSoon()
    } catch (e) {
      this.#fail('fold', e as Error)
      this.#retryAt = performance.now() + this.#retryMs
      this.#retryMs = Math.min(this.#retryMs * 2, 30_000)
      throw e
    }
  }

  async #writeRuns(tail: Tail, visible: () => void): Promise<void> {
    const add: RunInfo[] = []
    try {
      for (const day of [...tail.days].sort((a, b) => a - b))
        add.push(...(await this.#store.write(runKind.records, day, (into) => foldDay(tail, day, into, this.#pauses()))))
    } catch (e) {
      await this.#store.discard(add)
      throw e
    }
    await this.#store.commit({ add, cursors: tail.cursors }, visible)
  }

  #noteRush(now: number): void {
    const { rushMs } = this.#o
    if (now - this.#foldedAt < rushMs) this.#rushUntil = now + rushMs
    this.#foldedAt = now
  }

  #tendSoon(): void {
    const now = performance.now()
    if (now < this.#rushUntil && !tooMany(this.#store.runs())) return
    this.#tendedAt = now
    this.#tender.tend().then(
      () => this.#fail('merge', undefined),
      (e: Error) => this.#fail('merge', e),
    )
  }

  async retain(limit: Limit): Promise<{ droppedBytes: number; bytes: number }> {
    try {
      return await this.#tender.retain(limit)
    } finally {
      this.#told.dropped(this.#store.droppedUntil)
      this.#report()
    }
  }

  /** Remembers a damaged file. */
  #found(e: unknown): void {
    if (!(e instanceof PandoError) || e.code !== 'store_damaged') return
    this.#store.damage.set(String(e.params['file']), e.message)
    this.#report()
  }

  #fail(what: string, e: Error | undefined): void {
    if (e) this.#failures.set(what, e.message)
    else this.#failures.delete(what)
    this.#report()
  }

  #report(): void {
    const failures = [...this.#failures].map(([what, why]) => `${what}: ${why}`)
    const all = [...failures, ...this.#store.damage.values(), ...this.#store.repaired]
    this.#told.health(all.length > 0 ? all.join('; ') : undefined)
  }

  #pay(): void {
    const unfolded = this.#tail.bytes + (this.#frozen?.bytes ?? 0)
    if (this.#owed === 0 || unfolded > this.#o.foldBytes * FULL) return
    this.#told.taken(this.#owed)
    this.#owed = 0
  }

  /** Ends without folding: → the batches that another keeper must be given, and how many octets of them were not called taken. */
  async leave(): Promise<{ batches: Buffer[]; owed: number }> {
    clearInterval(this.#timer)
    await this.#folding?.catch(() => {})
    await this.#tender.stop()
    await this.#store.close()
    return { batches: [...(this.#frozen?.contents() ?? []), ...this.#tail.contents()], owed: this.#owed }
  }

  /** Folds what there is and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.flush()
    } finally {
      await this.#tender.stop()
      await this.#store.close()
    }
  }

  /** Gives way when a slice of time has passed, and to queries at once: each of their steps would wait for a slice. */
  #pauses(): Pause {
    const { sliceMs } = this.#o
    let since = performance.now()
    let n = 0
    return () => {
      if (this.#reading === 0 && (++n & 15 || performance.now() - since < sliceMs)) return undefined
      return this.#giveWay().then(() => {
        since = performance.now()
      })
    }
  }

  async #giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const until = performance.now() + MOST_GIVEN_MS
    while (this.#reading > 0 && performance.now() < until) await Promise.race([this.#quiet.promise, sleep(MOST_GIVEN_MS)])
  }
}
