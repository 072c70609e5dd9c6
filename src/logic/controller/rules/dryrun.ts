/** What a rule would have done: the records of history put before the same judge, nothing sent. Gives the loop back every few ms. */
import type { DryRun } from '#contracts/controller.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import type { History, HistoryPage, HistoryRecord } from '#core/history/port.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Facts } from './cel.ts'
import { type Compiled, readingOf } from './compiled.ts'
import { nowFor, occasionOf, type Said, saidInFrame, saidOfConnection } from './facts.ts'
import { judge, type Memory, newMemory, ripe, type Verdict } from './judge.ts'

const BINS = 48
const MOST_ITEMS = 200
const MOST_RECORDS = 5_000_000
const MOST_TICKS = 20_000
const SLICE_MS = 5
const PAGE = 2000
const KINDS = [1, 2, 4, 5]

interface Asked {
  rule: Compiled
  devices: readonly number[]
  from: number
  to: number
  old?: Compiled
}

/** One version of the rule on one device. */
class Trial {
  readonly rule: Compiled
  fired: number[] = []
  near = 0
  private readonly m: Memory = newMemory()
  private status: Record<string, Readonly<Record<string, unknown>>> = {}
  private waiting: { due: number; facts: Facts } | undefined
  private readonly onFire: (at: number, facts: Facts) => void

  constructor(rule: Compiled, onFire: (at: number, facts: Facts) => void = () => {}) {
    this.rule = rule
    this.onFire = onFire
  }

  see(said: Said, time: number): void {
    this.upTo(time)
    if (said.occasion === 'status') Object.assign(this.status, said.status)
    const facts = (): Facts => ({ event: said.event, status: this.status, now: nowFor(this.rule, time) })
    const verdict = judge(this.rule, this.m, said, time, facts)
    if (verdict === 'waits') this.waiting = { due: time + this.rule.def.for!, facts: facts() }
    this.count(verdict, time, facts)
  }

  /** Time passes: what had to last has lasted. */
  upTo(time: number): void {
    const w = this.waiting
    if (!w || w.due > time) return
    this.waiting = undefined
    const began = w.due - this.rule.def.for!
    if (this.m.since === began) this.count(ripe(this.rule, this.m, w.due), w.due, () => w.facts)
  }

  private count(verdict: Verdict, at: number, facts: () => Facts): void {
    if (verdict === 'near' || verdict === 'held_back') this.near++
    if (verdict !== 'runs') return
    this.fired.push(at)
    this.onFire(at, facts())
  }
}

export async function dryRun(history: Pick<History, 'read'>, { rule, devices, from, to, old }: Asked): Promise<DryRun> {
  const started = performance.now()
  const result: DryRun = { fired: 0, devices: 0, near: 0, read: 0, bins: new Array(BINS).fill(0), items: [], cut: false, took: 0 }
  const compare = { fired: 0, onlyNew: 0, onlyOld: 0 }
  const would = rule.def.then.map((a) => stringifyExact(a))
  const breathe = breathing()
  const width = Math.max(1, (to - from) / BINS)

  for (const device of devices.length > 0 ? devices : [0]) {
    const trial = new Trial(rule, (at, facts) => {
      result.bins[Math.min(BINS - 1, Math.floor((at - from) / width))]!++
      const why = stringifyExact({
        event: facts.event,
        status: rule.usesStatus || rule.def.on.kind === 'status' ? facts.status : {},
      })
      if (result.items.length < MOST_ITEMS) result.items.push({ at, device: Math.max(1, device), why, would })
    })
    const trials = old ? [trial, new Trial(old)] : [trial]
    const ticks = trials.flatMap((t) => ticking(t, from, to) ?? [])
    const each = (r: HistoryRecord) => {
      for (const t of ticks) t(r.time)
      const said = saidOf(r, rule)
      if (said) for (const t of trials) t.see(said, r.time)
    }
    result.cut = (await readAll(history, device, from, to, result, each, breathe)) || result.cut
    for (const t of ticks) t(to)
    for (const t of trials) t.upTo(to)
    result.fired += trial.fired.length
    result.near += trial.near
    if (trial.fired.length > 0) result.devices++
    const before = trials[1]
    if (before) {
      const [now, then] = [new Set(trial.fired), new Set(before.fired)]
      compare.fired += before.fired.length
      compare.onlyNew += trial.fired.filter((t) => !then.has(t)).length
      compare.onlyOld += before.fired.filter((t) => !now.has(t)).length
    }
    if (result.cut) break
  }
  return { ...result, ...(old && { compare }), took: performance.now() - started }
}

async function readAll(
  history: Pick<History, 'read'>,
  device: number,
  from: number,
  to: number,
  result: DryRun,
  each: (r: HistoryRecord) => void,
  breathe: () => Promise<void> | undefined,
): Promise<boolean> {
  const query = { device, kinds: KINDS, from, to, limit: PAGE }
  let reading = device === 0 ? undefined : history.read(query)
  while (reading !== undefined) {
    const { records, next }: HistoryPage = await reading
    // read while this page is judged
    reading = next === undefined || result.read >= MOST_RECORDS ? undefined : history.read({ ...query, cursor: next })
    reading?.catch(() => {})
    for (const r of records) {
      each(r)
      const wait = breathe()
      if (wait !== undefined) await wait
    }
    result.read += records.length
    if (reading === undefined) return next !== undefined
  }
  return false
}

/** → call it with a time: the ticks before it are judged. undefined: it has none. */
function ticking(trial: Trial, from: number, to: number): ((time: number) => void) | undefined {
  const { cron } = trial.rule
  if (!cron) return undefined
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime() ?? Number.POSITIVE_INFINITY
  let tick = next(from - 1000)
  let n = 0
  return (time) => {
    while (tick < Math.min(time, to) && n++ < MOST_TICKS) {
      trial.see({ occasion: 'timer', name: '', event: {}, status: {} }, tick)
      tick = next(tick)
    }
  }
}

/** undefined: nothing that the rule could understand. */
export function saidOf(r: HistoryRecord, rule: Compiled): Said | undefined {
  const occasion = occasionOf(r.kind)
  const model = readingOf(rule, r.version)
  if (occasion === undefined || occasion === 'timer' || !model) return undefined
  if (occasion === 'online' || occasion === 'offline') return saidOfConnection(occasion, r.reason)
  if (r.flags & recordFlag.foreign) return undefined
  try {
    return saidInFrame(occasion, r.data, 0, r.data.length, model)
  } catch {
    return undefined
  }
}

function breathing(): () => Promise<void> | undefined {
  let since = performance.now()
  let n = 0
  return () => {
    if ((++n & 63) !== 0 || performance.now() - since < SLICE_MS) return undefined
    return new Promise((go) => {
      setImmediate(() => {
        since = performance.now()
        go()
      })
    })
  }
}
