/** Looks after the runs that there are: merges them, and drops them when they are too old or too many. */
import { isPandoError } from '#lib/errors.ts'
import type { Pause } from './fold.ts'
import { mergeRuns } from './merge.ts'
import { pickMerge } from './policy.ts'
import { dayOf } from './records.ts'
import { rollUp } from './rollup.ts'
import type { Run, RunInfo } from './run.ts'
import { runKind } from './runformat.ts'
import type { Store } from './store.ts'

/** A day gets late records for so long. */
const LATE_MS = 3_600_000

/** What roll-ups may take of the budget, and how much longer than records they are kept. */
const ROLLUP_SHARE = 0.25
const ROLLUP_AGE = 10

export interface TenderOptions {
  /** gives way to others now and then */
  pauses(): Pause
  /** does not begin a merge of more octets than this, but calls `heavy` */
  mostBytes: number
  heavy(): void
  /** a file that was found damaged */
  found(e: unknown): void
}

class Stopped extends Error {}

export interface Limit {
  maxBytes: number
  maxAgeMs: number
}

export class Tender {
  #store: Store
  #o: TenderOptions
  #last: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(store: Store, o: TenderOptions) {
    this.#store = store
    this.#o = o
  }

  /** Merges runs as long as there is something to merge. */
  tend(now = Date.now()): Promise<void> {
    return this.#alone(async () => {
      try {
        while (!this.#stopped && (await this.#tendOnce(now)));
      } catch (e) {
        if (!(e instanceof Stopped)) throw e
      }
    })
  }

  /** → whether there may be more to merge */
  async #tendOnce(now: number): Promise<boolean> {
    const all = this.#store.runs()
    const whole = all.filter((run) => !this.#store.damage.has(run.path))
    const runs = pickMerge(whole, all, dayOf(now - LATE_MS))
    if (!runs) return false
    if (sizeOf(runs) > this.#o.mostBytes) {
      this.#o.heavy()
      return false
    }
    await this.#merge(runs)
    return true
  }

  async #merge(runs: readonly Run[]): Promise<void> {
    const { kind, day, order } = runs[0]!.info
    await this.#whole(async () => {
      const info = await this.#store.using(runs, () =>
        this.#store.write(kind, day, (into) => mergeRuns(runs, day, into, this.#pauses()), order),
      )
      await this.#store.commit({ add: info, remove: runs })
    })
  }

  /** Drops what is older than the limit, then the oldest as long as there is more than the limit; leaves hours of it (rollup.ts). */
  retain(limit: Limit, now = Date.now()): Promise<{ droppedBytes: number; bytes: number }> {
    return this.#alone(async () => {
      const before = this.#store.bytes
      for (;;) {
        // hours take room too, so once may not be enough
        const remove = pickOldest(this.#store.runs(), dayOf(now - limit.maxAgeMs), this.#store.bytes - limit.maxBytes)
        if (remove.length === 0) break
        for (const runs of Map.groupBy(remove, (run) => run.info.day).values()) await this.#drop(runs)
      }
      await this.#dropRollups(limit, now)
      return { droppedBytes: before - this.#store.bytes, bytes: this.#store.bytes }
    })
  }

  async #dropRollups(limit: Limit, now: number): Promise<void> {
    const all = this.#store.runs(runKind.rollup)
    const remove = pickOldest(all, dayOf(now - limit.maxAgeMs * ROLLUP_AGE), sizeOf(all) - limit.maxBytes * ROLLUP_SHARE)
    if (remove.length > 0) await this.#store.commit({ remove })
  }

  async #drop(runs: readonly Run[]): Promise<void> {
    const { day } = runs[0]!.info
    const whole = runs.filter((run) => !this.#store.damage.has(run.path))
    let add: RunInfo[] = []
    await this.#whole(async () => {
      add = await this.#store.using(whole, () =>
        this.#store.write(runKind.rollup, day, (into) => rollUp(whole, day, into, this.#pauses())),
      )
    })
    await this.#store.commit({ add, remove: runs, dropped: day })
  }

  /** Does the job unless a file turns out to be damaged, or there is no space for it. */
  async #whole(job: () => Promise<void>): Promise<void> {
    try {
      await job()
    } catch (e) {
      this.#o.found(e)
      const code = (e as NodeJS.ErrnoException).code
      if (!isPandoError(e, 'store_damaged') && code !== 'ENOSPC' && code !== 'EDQUOT') throw e
    }
  }

  /** Jobs come one after the other. */
  #alone<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#last.then(job)
    this.#last = done.then(
      () => {},
      () => {},
    )
    return done
  }

  #pauses(): Pause {
    const pause = this.#o.pauses()
    return () => {
      if (this.#stopped) throw new Stopped('history ends')
      return pause()
    }
  }

  /** Breaks off what is under way; nothing of it stays. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#last
  }
}

const sizeOf = (runs: readonly Run[]): number => runs.reduce((sum, run) => sum + run.info.size, 0)

/** Runs, the oldest first, of days before `oldest`, and further ones until `surplus` octets are gone. */
function pickOldest(runs: readonly Run[], oldest: number, surplus: number): Run[] {
  return runs.filter((run) => {
    if (run.info.day >= oldest && surplus <= 0) return false
    surplus -= run.info.size
    return true
  })
}
