import { PandoError } from '#lib/errors.ts'
import type { HistoryQuery } from '../port.ts'
import type { Walk } from './blocks.ts'
import { DAY, Records, timeOf } from './records.ts'
import { type BlockRef, runKind } from './runformat.ts'
import { mergeSources, type Range, RunSource, type Source, TailSource, type Visit } from './sources.ts'
import type { Tail } from './tail.ts'

export const DEFAULT_LIMIT = 100
export const MAX_LIMIT = 10_000

const MOST_BYTES = 8 << 20
/** What a record takes as a rule, and the room that is made for a page before it is known. */
const A_RECORD = 128
const MOST_FIRST = 1 << 18

/** Packed records or hours of a day: a run, or what another engine has in its place. */
export interface Packed {
  readonly info: { readonly kind: number; readonly day: number }
  /** Of a device, in order of time. */
  find(device: number, from: number, to: number): Promise<BlockRef[]>
  block(ref: BlockRef): Promise<Buffer>
  walk(refs: readonly BlockRef[], step: 1 | -1): Walk
}

/** Everything that there is at one moment: the runs in order of arrival, and the tails behind them. */
export interface Sight {
  runs: readonly Packed[]
  tails: readonly Tail[]
  /** one call gives no more records than this: the rest is asked for again, so that others get their turn */
  mostTaken: number
  /** Runs `use` with the files of runs open. */
  using<T>(runs: readonly Packed[], use: () => Promise<T>): Promise<T>
}

export interface Answer {
  /** `count` records in the form of the log */
  bytes: Uint8Array<ArrayBuffer>
  count: number
  /** there may be more behind this place */
  next?: string
}

/** Between two records of a device: time, and how many records of that very time lie before it in order of arrival. */
interface Position {
  time: number
  n: number
}

/** Answers a query from what is in sight. */
export async function answer(sight: Sight, q: HistoryQuery): Promise<Answer> {
  const start = readCursor(q.cursor)
  const range = rangeOf(q, start)
  const page = gather(q, start, sight.mostTaken)
  await visitRange(sight, q.device, range, page.visit)
  const { found } = page
  return { bytes: found.out.bytes() as Uint8Array<ArrayBuffer>, count: found.count, next: page.next }
}

/** Visits the device's records of the range, a day at a time, until visit says false. */
async function visitRange(sight: Sight, device: number, range: Range, visit: Visit): Promise<void> {
  for (const day of daysOf(sight, range)) {
    const within = { ...range, from: Math.max(range.from, day * DAY), to: Math.min(range.to, (day + 1) * DAY) }
    const runs = sight.runs.filter((run) => run.info.day === day && run.info.kind === runKind.records)
    const tails = sight.tails.filter((tail) => tail.days.has(day))
    const enough = await sight.using(runs, async () => mergeSources(await sourcesOf(runs, tails, device, within), within, visit))
    if (enough) return
  }
}

interface Page {
  found: Records
  next: string | undefined
  visit: Visit
}

/** Takes what fits the query until there is enough. */
function gather(q: HistoryQuery, start: Position | undefined, mostTaken: number): Page {
  const most = Math.min(Math.max(1, q.limit ?? DEFAULT_LIMIT), MAX_LIMIT, mostTaken)
  const forwards = !q.newestFirst
  const found = new Records(Math.min(most * A_RECORD, MOST_FIRST))
  const last = { time: 0, n: 0 }
  const visit: Visit = (b, v, p, n) => {
    const time = timeOf(v, p)
    if (start && time === start.time && (forwards ? n < start.n : n >= start.n)) return true
    if (found.count === most || found.out.at >= MOST_BYTES) {
      page.next = `${last.time}.${last.n}`
      return false
    }
    last.time = time
    last.n = forwards ? n + 1 : n
    found.copy(b, v, p)
    return true
  }
  const page: Page = { found, next: undefined, visit }
  return page
}

async function sourcesOf(runs: readonly Packed[], tails: readonly Tail[], device: number, range: Range): Promise<Source[]> {
  const refs = await Promise.all(runs.map((run) => run.find(device, range.from, range.to)))
  const sources: Source[] = []
  for (const [i, run] of runs.entries())
    if (refs[i]!.length > 0) sources.push(new RunSource(run, refs[i]!, range.step, range.kinds))
  for (const tail of tails) sources.push(new TailSource(tail, device, range))
  return sources
}

function daysOf(sight: Sight, range: Range): number[] {
  const days = new Set(sight.runs.map((run) => run.info.day))
  for (const tail of sight.tails) for (const day of tail.days) days.add(day)
  const wanted = [...days].filter((day) => (day + 1) * DAY > range.from && day * DAY < range.to)
  return wanted.sort((a, b) => (a - b) * range.step)
}

function rangeOf(q: HistoryQuery, start: Position | undefined): Range {
  const from = q.from ?? Number.NEGATIVE_INFINITY
  const to = q.to ?? Number.POSITIVE_INFINITY
  const kinds = kindMask(q.kinds)
  if (!q.newestFirst) return { from: start ? Math.max(from, start.time) : from, to, step: 1, kinds }
  return { from, to: start ? Math.min(to, start.time + 1) : to, step: -1, kinds }
}

/** A bit per kind; kinds are below 32. */
const kindMask = (kinds: readonly number[] | undefined): number =>
  kinds ? kinds.reduce((mask, kind) => mask | (1 << kind), 0) : -1

function readCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined
  const m = /^(\d{1,16})\.(\d{1,10})$/.exec(cursor)
  if (!m) throw new PandoError('invalid', 'cursor: not one that this history gave', { field: 'cursor' })
  return { time: Number(m[1]), n: Number(m[2]) }
}
