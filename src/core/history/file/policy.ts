/** Which runs of history are to become one. */
import type { Run } from './run.ts'

/** So many runs of about one size, or smaller, become one: each record is written again log₈ times a day. */
const FAN = 8
const SMALLEST = 1 << 17

/** So many runs of a day are read one by one without harm; above that they must be merged whatever else there is to do. */
const MOST_RUNS = 48

export const tooMany = (runs: readonly Run[]): boolean =>
  runs.length > MOST_RUNS &&
  Map.groupBy(runs, (run) => run.info.day)
    .values()
    .some((of) => of.length > MOST_RUNS)

const tier = (size: number): number => (size < SMALLEST ? 0 : 1 + Math.floor(Math.log(size / SMALLEST) / Math.log(FAN)))

/**
 * The next merge, if there is one: runs of one day that follow each other in order of arrival. A damaged run is never merged, nor is
 * anything across it. Days up to `past` get no more records as a rule and are made one run.
 */
export function pickMerge(whole: readonly Run[], all: readonly Run[], past: number): Run[] | undefined {
  for (const runs of Map.groupBy(all, (run) => run.info.day).values()) {
    const firstDamaged = runs.findLastIndex((run) => !whole.includes(run))
    const joinable = runs.slice(firstDamaged + 1)
    const picked = runs[0]!.info.day <= past ? pickPast(joinable) : pickToday(joinable)
    if (picked) return picked
  }
  return undefined
}

const bytesOf = (runs: readonly Run[]): number => runs.reduce((sum, run) => sum + run.info.size, 0)

const largestOf = (runs: readonly Run[]): number => runs.reduce((most, run) => Math.max(most, run.info.size), 0)

function pickPast(runs: readonly Run[]): Run[] | undefined {
  const others = bytesOf(runs) - largestOf(runs)
  return runs.length > 4 || (runs.length > 1 && others * 16 > largestOf(runs)) ? [...runs] : undefined
}

function pickToday(runs: readonly Run[]): Run[] | undefined {
  for (let t = 0; t <= tier(largestOf(runs)); t++) {
    const newest = runs.slice(runs.findLastIndex((run) => tier(run.info.size) > t) + 1)
    if (newest.length >= FAN && bytesOf(newest) > 2 * largestOf(newest)) return newest
  }
  return undefined
}
