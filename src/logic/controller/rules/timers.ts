/**
 * Timers: the registry elects who runs a tick, so it runs once however many controllers there are. Ticks missed while none ran: the last
 * of them is run, if it is not older than ten minutes; the others are skipped. What its runner had begun when it died is always run.
 */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Agenda } from '../agenda.ts'
import type { Compiled } from './compiled.ts'

export interface TimerParts {
  peer: Pick<Face<typeof registry>, 'claimTicks' | 'finishTicks' | 'lastTicks'>
  owner: string
  agenda: Agenda
  clock: Clock
  log: Logger
  rule(id: number): Compiled | undefined
  /** `again`: it may have been run before */
  run(rule: Compiled, tick: number, again: boolean): Promise<void>
}

export interface Timers {
  /** These rules' timers as they are now. `missed`: after a start, runs what was missed. */
  set(rules: readonly Compiled[], missed?: boolean): Promise<void>
  stop(): Promise<void>
}

export const MISSED_MS = 10 * 60_000
const LEASE_MS = 15_000
const AGAIN_MS = 1000
const A_CALL = 500

export function makeTimers({ peer, owner, agenda, clock, log, rule, run }: TimerParts): Timers {
  /** tick → rules */
  const due = new Map<number, Set<number>>()
  const busy = new Set<Promise<void>>()
  let stopped = false

  function plan(tick: number, id: number, at = tick): void {
    const ids = due.get(tick)
    if (ids) return void ids.add(id)
    due.set(tick, new Set([id]))
    agenda.at(at, () => {
      const rules = [...(due.get(tick) ?? [])]
      due.delete(tick)
      track(fire(tick, rules))
    })
  }

  function track(work: Promise<void>): void {
    busy.add(work)
    const gone = () => void busy.delete(work)
    work.then(gone, gone)
  }

  const next = (r: Compiled, after: number): number | undefined => r.cron?.nextRun(new Date(after))?.getTime()

  function planNext(r: Compiled, after: number): void {
    const tick = next(r, after)
    if (tick !== undefined) plan(tick, r.rule.id)
  }

  async function fire(tick: number, ids: readonly number[]): Promise<void> {
    const there: Compiled[] = []
    for (const id of ids) {
      const r = rule(id)
      // a rule that was changed has another plan now: its old tick counts only if it is one of the new
      if (r && next(r, tick - 1000) === tick) there.push(r)
    }
    for (const r of there) planNext(r, Math.max(tick, clock.now() - 1))
    for (let i = 0; i < there.length && !stopped; i += A_CALL) await claimed(tick, there.slice(i, i + A_CALL), false)
  }

  async function claimed(tick: number, rules: readonly Compiled[], again: boolean): Promise<void> {
    try {
      const items = rules.map((r) => ({ ruleId: r.rule.id, tick }))
      const claims = (await peer.claimTicks({ owner, lease: LEASE_MS, items })).items
      const mine = rules.filter((_, i) => claims[i] === 'claimed')
      await Promise.all(mine.map((r) => run(r, tick, again)))
      if (mine.length > 0) await peer.finishTicks({ owner, items: mine.map((r) => ({ ruleId: r.rule.id, tick })) })
      // whoever has it may have died
      const taken = rules.filter((_, i) => claims[i] === 'taken')
      if (taken.length > 0) later(tick, taken, LEASE_MS + 1)
    } catch (err) {
      log.warn({ err, tick }, 'timers cannot be run now; they are tried again')
      later(tick, rules, AGAIN_MS)
    }
  }

  function later(tick: number, rules: readonly Compiled[], ms: number): void {
    if (!stopped) agenda.at(clock.now() + ms, () => track(claimed(tick, rules, true)))
  }

  /** The last tick in [from, now]. */
  function lastIn(r: Compiled, from: number, now: number): number | undefined {
    let found: number | undefined
    for (let t = next(r, from - 1000); t !== undefined && t <= now; t = next(r, t)) found = t
    return found
  }

  return {
    async set(rules, missed = false) {
      const now = clock.now()
      const timed = rules.filter((r) => r.cron)
      for (const r of timed) planNext(r, now)
      if (!missed || timed.length === 0) return
      const { items } = await peer.lastTicks({ ruleIds: timed.map((r) => r.rule.id) })
      const last = new Map(items.map((t) => [t.ruleId, t]))
      for (const r of timed) {
        const before = last.get(r.rule.id)
        const ticks = new Set(before?.open)
        const missed = lastIn(r, Math.max(before?.tick ?? r.rule.updatedAt, now - MISSED_MS), now)
        if (missed !== undefined) ticks.add(missed)
        for (const tick of ticks) later(tick, [r], 0)
      }
    },
    async stop() {
      stopped = true
      await Promise.allSettled(busy)
    },
  }
}
