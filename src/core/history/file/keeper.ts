/** The one who does the work of history: takes chunks of the log, folds them into runs, merges runs, answers, drops. */
import type { Disk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import type { HistoryQuery } from '../port.ts'
import { foldDay, type Pause } from './fold.ts'
import { mergeRuns } from './merge.ts'
import type { Told } from './messages.ts'
import { pickMerge } from './policy.ts'
import { type Answer, answer } from './query.ts'
import { dayOf } from './records.ts'
import type { Run, RunInfo } from './run.ts'
import { runKind } from './runformat.ts'
import type { RunWriter } from './runwriter.ts'
import { Store } from './store.ts'
import { Tail } from './tail.ts'

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
  /** records that it looks at in one go for a query */
  mostScanned: number
  /** unfolded octets above which the work is called heavy */
  lightBytes: number
}

export const keeperDefaults = {
  foldBytes: 64 << 20,
  idleMs: 60_000,
  ageMs: 300_000,
  sliceMs: 4,
  mostScanned: 50_000,
  lightBytes: Number.POSITIVE_INFINITY,
}

/** Beside other work in one thread. */
export const lightDefaults = { ...keeperDefaults, sliceMs: 1, mostScanned: 5000, lightBytes: 4 << 20 }

/** Unfolded octets at which no more is taken, as a multiple of foldBytes. */
const FULL = 3

export class Keeper {
  #store: Store
  #o: KeeperOptions
  #told: Told
  #tail = new Tail()
  #frozen: Tail | undefined
  #folding: Promise<void> | undefined
  #tending: Promise<void> = Promise.resolve()
  #owed = 0
  #oldest = 0
  #newest = 0
  #retryAt = 0
  #retryMs = 1000
  #timer: NodeJS.Timeout
  #failure: string | undefined

  private constructor(store: Store, o: KeeperOptions, told: Told) {
    this.#store = store
    this.#o = o
    this.#told = told
    this.#timer = setInterval(() => this.tick(Date.now()), 1000)
    this.#timer.unref()
  }

  static async open(disk: Disk, o: KeeperOptions, told: Told): Promise<Keeper> {
    const keeper = new Keeper(await Store.open(disk, o.folder), o, told)
    keeper.#report()
    told.cursors(keeper.#store.cursors)
    return keeper
  }

  /** Takes whole batches, none below the cursors. */
  add(batches: Buffer): void {
    const tail = this.#tail
    this.#newest = Date.now()
    if (tail.records === 0) this.#oldest = this.#newest
    tail.add(batches)
    this.#owed += batches.length
    this.#pay()
    if (tail.bytes + (this.#frozen?.bytes ?? 0) > this.#o.lightBytes) this.#told.heavy()
    else if (tail.bytes >= this.#o.foldBytes || tail.full) this.#foldSoon()
  }

  async read(q: HistoryQuery): Promise<Answer> {
    const store = this.#store
    const runs = store.runs()
    const tails = this.#frozen ? [this.#frozen, this.#tail] : [this.#tail]
    store.hold(runs)
    try {
      return await answer({ runs, tails, using: (some, use) => store.using(some, use), mostScanned: this.#o.mostScanned }, q)
    } catch (e) {
      this.#found(e)
      throw e
    } finally {
      await store.release(runs)
    }
  }

  /** Folds all that has been added. */
  async flush(): Promise<void> {
    const wanted = this.#tail
    while (wanted.records > 0 && (this.#frozen === wanted || this.#tail === wanted)) await this.#fold()
    if (this.#frozen) await this.#fold()
  }

  /** Called every second: folds what waits, tries again what failed, merges days that are over. */
  tick(now: number): void {
    if (now < this.#retryAt) return
    const waiting = this.#tail.records > 0 && (now - this.#newest >= this.#o.idleMs || now - this.#oldest >= this.#o.ageMs)
    if (this.#frozen || waiting || this.#tail.bytes >= this.#o.foldBytes) this.#foldSoon()
    else if (now % 60_000 < 1000) this.#tendSoon()
  }

  #foldSoon(): void {
    if (this.#folding || Date.now() < this.#retryAt) return
    this.#fold().catch(() => {}) // told by health, tried again by tick
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
    }
    const frozen = this.#frozen
    try {
      await this.#writeRuns(frozen, () => {
        this.#frozen = undefined
      })
      this.#failure = undefined
      this.#retryMs = 1000
      this.#told.cursors(this.#store.cursors)
      this.#pay()
      this.#tendSoon()
    } catch (e) {
      this.#failure = `fold: ${(e as Error).message}`
      this.#retryAt = Date.now() + this.#retryMs
      this.#retryMs = Math.min(this.#retryMs * 2, 30_000)
      throw e
    } finally {
      this.#report()
    }
  }

  async #writeRuns(tail: Tail, visible: () => void): Promise<void> {
    const add: RunInfo[] = []
    for (const day of [...tail.days].sort((a, b) => a - b)) {
      add.push(await this.#write(day, undefined, (into) => foldDay(tail, day, into, pauses(this.#o.sliceMs))))
    }
    await this.#store.commit({ add, cursors: tail.cursors }, visible)
  }

  async #write(day: number, order: number | undefined, fill: (into: RunWriter) => Promise<void>): Promise<RunInfo> {
    const writer = await this.#store.create(runKind.records, day)
    try {
      await fill(writer)
      return await this.#store.finish(writer, order)
    } catch (e) {
      await this.#store.abandon(writer)
      throw e
    }
  }

  #tendSoon(): void {
    this.tend(Date.now()).catch(() => {}) // told by health
  }

  /** Merges runs as long as there is something to merge. */
  tend(now: number): Promise<void> {
    return this.#alone(async () => {
      const past = dayOf(now - 3_600_000)
      for (;;) {
        const whole = this.#store.runs().filter((run) => !this.#store.damage.has(run.path))
        const runs = pickMerge(whole, this.#store.runs(), past)
        if (!runs) return
        if (runs.reduce((sum, run) => sum + run.info.size, 0) > this.#o.lightBytes) return this.#told.heavy()
        await this.#merge(runs)
      }
    })
  }

  async #merge(runs: readonly Run[]): Promise<void> {
    const { day, order } = runs[0]!.info
    try {
      const info = await this.#store.using(runs, () =>
        this.#write(day, order, (into) => mergeRuns(runs, day, into, pauses(this.#o.sliceMs))),
      )
      await this.#store.commit({ add: [info], remove: runs })
    } catch (e) {
      this.#found(e)
      if (!(e instanceof PandoError && e.code === 'store_damaged')) throw e
    }
  }

  /** Jobs that take runs out come one after the other. */
  #alone<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#tending.then(job)
    this.#tending = done.then(
      () => {},
      () => {},
    )
    return done
  }

  retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<{ droppedBytes: number; bytes: number }> {
    return this.#alone(async () => {
      const oldest = dayOf(Date.now() - limit.maxAgeMs)
      let bytes = this.#store.bytes
      const remove = this.#store.runs().filter((run) => {
        const drop = run.info.day < oldest || bytes > limit.maxBytes
        if (drop) bytes -= run.info.size
        return drop
      })
      const droppedBytes = remove.reduce((sum, run) => sum + run.info.size, 0)
      if (remove.length > 0) await this.#store.commit({ remove })
      this.#report()
      return { droppedBytes, bytes }
    })
  }

  /** Remembers a damaged file. */
  #found(e: unknown): void {
    if (!(e instanceof PandoError) || e.code !== 'store_damaged') return
    this.#store.damage.set(String(e.params['file']), e.message)
    this.#report()
  }

  #report(): void {
    const all = [...this.#store.damage.values(), ...this.#store.repaired]
    if (this.#failure) all.unshift(this.#failure)
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
    await this.#tending
    await this.#store.close()
    return { batches: [...(this.#frozen?.contents() ?? []), ...this.#tail.contents()], owed: this.#owed }
  }

  /** Folds what there is and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.flush()
    } finally {
      await this.#tending
      await this.#store.close()
    }
  }
}

/** Gives way when so long has passed. */
function pauses(sliceMs: number): Pause {
  let since = performance.now()
  let n = 0
  return () => {
    if (++n & 15 || performance.now() - since < sliceMs) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now()
        resolve()
      })
    })
  }
}
