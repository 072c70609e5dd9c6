/**
 * Figures of the fleet, minute by minute for the last day, counted from the records of the log as they become durable. In memory: what
 * was before the process began is not known and reads as null.
 */
import { BATCH_HEADER, batchHead, commandState, eachRecord, at as field, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { Clock } from '#lib/clock.ts'
import { makeConfirms } from './confirms.ts'

export const counted = [
  'reports',
  'events',
  'undecodable',
  'connects',
  'disconnects',
  'refusals',
  'commands',
  'delivered',
] as const
export type Counted = (typeof counted)[number]

const MINUTES = 1440
const MINUTE = 60_000
/** Cause numbers from here on are refusals (contracts/causes.ts). */
const REFUSAL = 30

interface Series {
  sum: Float64Array
  min: Float64Array
  max: Float64Array
  /** of the second that runs */
  second: number
}

export interface Points {
  step: number
  t: number[]
  /** a second, on average; `gauges`: the value */
  v: (number | null)[]
  min: (number | null)[]
  max: (number | null)[]
}

export interface Figures {
  readonly since: number
  /** `kinds`: see LogBell */
  see(batch: Buffer, kinds?: number): void
  /** How many devices are online; asked now and then. */
  online(count: number): void
  points(name: Counted | 'online', from: number, to: number, points: number): Points
  /** In how many ms 95 % of the last commands since a moment were confirmed; undefined: none was. */
  confirmed95(from: number): number | undefined
  /** Since a moment, at most a day ago. */
  sum(name: Counted, from: number): number
}

const makeSeries = (): Series => ({
  sum: new Float64Array(MINUTES),
  min: new Float64Array(MINUTES),
  max: new Float64Array(MINUTES),
  second: 0,
})

export function makeFigures(clock: Pick<Clock, 'now'>): Figures {
  const series = Object.fromEntries(counted.map((name) => [name, makeSeries()])) as Record<Counted, Series>
  const online = makeSeries()
  const confirms = makeConfirms()
  const since = clock.now()
  let second = Math.floor(since / 1000)
  let minute = Math.floor(since / MINUTE)

  const clear = (m: number) => {
    const i = m % MINUTES
    for (const s of [...Object.values(series), online]) {
      s.sum[i] = 0
      s.min[i] = s === online ? Number.NaN : Number.POSITIVE_INFINITY
      s.max[i] = s === online ? Number.NaN : 0
    }
  }
  clear(minute)

  /** Closes the seconds that have passed. */
  const advance = (now: number) => {
    const next = Math.floor(now / 1000)
    if (next <= second) return
    const i = minute % MINUTES
    for (const s of Object.values(series)) {
      // seconds in which nothing came
      const least = next > second + 1 ? 0 : s.second
      s.min[i] = Math.min(s.min[i]!, s.second, least)
      s.max[i] = Math.max(s.max[i]!, s.second)
      s.second = 0
    }
    second = next
    const m = Math.floor(now / MINUTE)
    for (let k = Math.max(minute + 1, m - MINUTES + 1); k <= m; k++) clear(k)
    minute = Math.max(minute, m)
  }

  const add = (name: Counted, count: number) => {
    const s = series[name]
    s.sum[minute % MINUTES]! += count
    s.second += count
  }

  const first = () => Math.max(Math.floor(since / MINUTE), minute - MINUTES + 1)

  return {
    since,
    see(batch, kinds) {
      advance(clock.now())
      // what most batches are need not be looked at
      if (kinds === 1 << recordKind.status && !isLate(batch, BATCH_HEADER)) return add('reports', batchHead(batch).count)
      eachRecord(batch, 0, (p) => {
        const name = nameOf(batch, p)
        if (name) add(name, 1)
        confirms.see(batch, p)
      })
    },
    online(count) {
      advance(clock.now())
      const i = minute % MINUTES
      online.sum[i] = count
      online.min[i] = Number.isNaN(online.min[i]!) ? count : Math.min(online.min[i]!, count)
      online.max[i] = Number.isNaN(online.max[i]!) ? count : Math.max(online.max[i]!, count)
    },
    points(name, from, to, wanted) {
      advance(clock.now())
      const [a, b] = [Math.floor(from / MINUTE), Math.min(Math.floor((to - 1) / MINUTE), minute)]
      const each = Math.max(1, Math.ceil((b - a + 1) / wanted))
      const out: Points = { step: each * MINUTE, t: [], v: [], min: [], max: [] }
      for (let m = a; m <= b; m += each) {
        const p = point(
          name === 'online' ? online : series[name],
          name === 'online',
          Math.max(m, first()),
          Math.min(m + each - 1, b),
        )
        out.t.push(m * MINUTE)
        out.v.push(p?.v ?? null)
        out.min.push(p?.min ?? null)
        out.max.push(p?.max ?? null)
      }
      return out
    },
    confirmed95: confirms.p95,
    sum(name, from) {
      advance(clock.now())
      let n = 0
      for (let m = Math.max(first(), Math.floor(from / MINUTE)); m <= minute; m++) n += series[name].sum[m % MINUTES]!
      return n
    },
  }

  function point(s: Series, gauge: boolean, a: number, b: number): { v: number; min: number; max: number } | undefined {
    let [sum, n, min, max] = [0, 0, Number.POSITIVE_INFINITY, 0]
    for (let m = a; m <= b; m++) {
      const i = m % MINUTES
      if (Number.isNaN(s.min[i]!)) continue
      const seconds = m === minute ? Math.max(1, second - minute * 60) : 60
      sum += gauge ? s.sum[i]! : s.sum[i]! / seconds
      min = Math.min(min, Number.isFinite(s.min[i]!) ? s.min[i]! : 0)
      max = Math.max(max, s.max[i]!, m === minute && !gauge ? s.second : 0)
      n++
    }
    return n === 0 ? undefined : { v: sum / n, min: Math.min(min, sum / n), max: Math.max(max, sum / n) }
  }
}

/** It tells of a frame that was counted when it came. Batches of such records have nothing else, or commands. */
const isLate = (b: Buffer, p: number): boolean => (b[p + field.flags]! & recordFlag.redecoded) !== 0

function nameOf(b: Buffer, p: number): Counted | undefined {
  if (isLate(b, p)) return undefined
  switch (b[p + field.kind]) {
    case recordKind.status:
      return 'reports'
    case recordKind.event:
      return 'events'
    case recordKind.undecodable:
      return 'undecodable'
    case recordKind.online:
      return 'connects'
    case recordKind.offline:
      return 'disconnects'
    case recordKind.command:
      return 'commands'
    case recordKind.commandState:
      return b[p + field.reason] === commandState.delivered ? 'delivered' : undefined
    case recordKind.diary:
      return b[p + field.reason]! >= REFUSAL ? 'refusals' : undefined
    default:
      return undefined
  }
}
