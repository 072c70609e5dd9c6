/** What rules remember of devices outlives a restart: it is made again of their runs and of history. */
import type { Face } from '#contracts/contract.ts'
import type { RuleRun, registry } from '#contracts/registry.ts'
import { LATE } from '#core/devicelog/batch.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Model } from '#protocol/model.ts'
import { currentProperties } from '../current.ts'
import type { Facts } from './cel.ts'
import { type Compiled, readingOf } from './compiled.ts'
import { saidOf } from './dryrun.ts'
import type { Engine, Lasting } from './engine.ts'
import { addProperty, type Said } from './facts.ts'
import { judge, newMemory } from './judge.ts'
import { MISSED_MS } from './timers.ts'

export interface RememberParts {
  history: Pick<History, 'read' | 'current'>
  engine: Engine
  peer: Pick<Face<typeof registry>, 'ruleRuns' | 'devices'>
  clock: Clock
  log: Logger
}

/** Kinds that rules look at. */
const KINDS = [1, 2, 4, 5]
const PAGE = 1000
/** Pages of a device that are read for one rule. */
const MOST_PAGES = 100
/** Pages that are read before rules begin, of all devices and of one: whoever starts does not wait for more. */
const MOST_AT_START = 100
const MOST_OF_ONE = 10
/** Records that tell how it was before. */
const BEFORE = 50
const TRIES = 3
const RUNS = 200

export function makeRemembering({ history, engine, peer, clock, log }: RememberParts) {
  let stopped = false
  let under: Promise<void> = Promise.resolve()
  let left = MOST_AT_START

  /** Calls see for the device's records from `from` on, in order, until it says false → whether that was all. */
  async function eachSince(
    rule: Compiled,
    device: number,
    { from, most }: { from: number; most: number },
    see: See,
  ): Promise<boolean> {
    let cursor: string | undefined
    for (let n = 0; n < most && !stopped; n++) {
      left--
      const page = await history.read({ device, kinds: KINDS, from, limit: PAGE, ...(cursor !== undefined && { cursor }) })
      if (!eachOf(rule, page.records, see)) return false
      cursor = page.next
      if (cursor === undefined) return true
    }
    return false
  }

  /**
   * Values by label at each record: what has been said until then, over what is known now; what no record says was so before. That
   * is read by the model of the record, as when the record came.
   */
  function known(rule: Compiled, device: number) {
    const now = rule.usesStatus ? currentProperties(history.current, device) : []
    const byModel = new Map<Model, Status>()
    const said: Status = {}
    return (record: Said, version: number): Status => {
      Object.assign(said, record.status)
      const model = readingOf(rule, version)!
      let status = byModel.get(model)
      if (status === undefined) {
        byModel.set(model, (status = {}))
        for (const p of now) addProperty(status, model, p.object, p.types, p.values)
      }
      return Object.assign(status, said)
    }
  }

  /** Since when what must last lasts. Older than the window: it has run, or is too old to run. undefined: too much to read. */
  async function lasting(rule: Compiled, device: number): Promise<Lasting | undefined> {
    const window = clock.now() - rule.def.for! - MISSED_MS
    // what it had not seen before the restart does not count after it
    const from = Math.max(window, rule.rule.updatedAt)
    const m = newMemory()
    const statusAt = known(rule, device)
    let last: Facts = { event: {}, status: {}, now: new Date(0) }
    const see: See = (said, time, version) => {
      const status = statusAt(said, version)
      const facts = (): Facts => ({ event: said.event, status, now: new Date(time) })
      if (judge(rule, m, said, time, facts) === 'waits') last = { ...facts(), status: { ...status } }
      return true
    }
    if (from === window) {
      const before = await history.read({ device, kinds: KINDS, to: window, limit: BEFORE, newestFirst: true })
      eachOf(rule, before.records.toReversed(), see)
    }
    const all = await eachSince(rule, device, { from, most: MOST_PAGES }, see)
    return all ? { since: m.since, ran: m.since < window, facts: last } : undefined
  }

  async function resume(rule: Compiled, device: number): Promise<void> {
    for (let n = 0; n < TRIES; n++) {
      const looks = engine.looks(rule, device)
      const found = await lasting(rule, device)
      const now = engine.get(rule.rule.id)
      if (!found || stopped || now?.rule.version !== rule.rule.version) return
      if (engine.looks(now, device) === looks) return engine.resume(now, device, found)
    }
  }

  async function* devicesOf({ deviceId, def }: Compiled): AsyncGenerator<number> {
    if (def.product === undefined) return yield deviceId
    for (let after = 0; ; ) {
      const { items } = await peer.devices({ productId: def.product, after, limit: PAGE })
      for (const { id } of items) yield id
      if (items.length < PAGE) return
      after = items.at(-1)!.id
    }
  }

  async function allStates(): Promise<void> {
    for (const rule of [...engine.all()]) {
      if (rule.def.for === undefined) continue
      for await (const device of devicesOf(rule)) {
        if (stopped) return
        try {
          await resume(rule, device)
        } catch (err) {
          log.warn({ err, rule: rule.rule.id, device }, 'since when it lasts cannot be read: it begins with the next report')
        }
      }
    }
  }

  /** Hysteresis has been true since the run; false also where that is too much to read. */
  async function released(rule: Compiled, device: number, since: number): Promise<boolean> {
    const statusAt = known(rule, device)
    let found = false
    const see: See = (said, time, version) => {
      found = rule.hysteresis!.test({ event: said.event, status: statusAt(said, version), now: new Date(time) })
      return !found
    }
    try {
      await eachSince(rule, device, { from: since + 1, most: Math.min(MOST_OF_ONE, left) }, see)
    } catch (err) {
      log.warn({ err, rule: rule.rule.id, device }, 'whether hysteresis was true cannot be read: the rule stays held back')
    }
    return found
  }

  async function runsOf(rule: Compiled): Promise<void> {
    const { items } = await peer.ruleRuns({ id: rule.rule.id, limit: RUNS })
    // another version begins with nothing
    const ran = items.filter((r) => r.version === rule.rule.version).flatMap(ranOf)
    const held = new Set<number>()
    const newest = new Map(ran.toReversed().map(({ device, at }) => [device, at]))
    if (rule.hysteresis) for (const [device, at] of newest) if (!(await released(rule, device, at))) held.add(device)
    for (const { device, at } of ran) engine.ran(rule, device, at, held.has(device))
  }

  return {
    /** How often and when rules ran that are limited; to be done before they see anything. */
    async runs(): Promise<void> {
      for (const rule of engine.all()) if (rule.hysteresis || rule.def.but?.atMost) await runsOf(rule)
    },
    /** Finds, beside other work, what lasted when the process ended. */
    states(): void {
      under = allStates().catch((err: unknown) => log.warn({ err }, 'what rules wait for cannot be read again'))
    },
    async stop(): Promise<void> {
      stopped = true
      await under
    },
  }
}

type Status = Record<string, Record<string, unknown>>
/** `version`: of the record's model */
type See = (said: Said, time: number, version: number) => boolean

function eachOf(rule: Compiled, records: readonly HistoryRecord[], see: See): boolean {
  for (const r of records) {
    // rules were not told of it when it came either
    const said = r.flags & LATE ? undefined : saidOf(r, rule)
    if (said && !see(said, r.time, r.version)) return false
  }
  return true
}

/** The device of a run that was not held back (0: of a timer of none), and when. */
function ranOf({ outcome, trace }: RuleRun): { device: number; at: number }[] {
  if (outcome !== 'ok' && outcome !== 'failed') return []
  const { device, at } = JSON.parse(trace) as { device?: number; at?: number }
  return device !== undefined && at !== undefined ? [{ device, at }] : []
}
