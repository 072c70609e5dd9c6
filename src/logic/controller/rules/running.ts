/** Carries out runs: so many at a time, each rule at most so often, circles of rules cut (O-12). */
import type { Clock } from '#lib/service.ts'
import type { Run, Step } from './act.ts'
import type { Runs } from './runs.ts'

const AT_A_TIME = 64
const WINDOW_MS = 10_000
/** Runs of one rule in the window, whatever its own limit says. */
const MOST_RUNS = 1000
/** A rule whose run was, by way of what it did to devices, the cause of itself so often in the window is cut. */
const MOST_TURNS = 8

interface Cause {
  rule: number
  at: number
}

export interface Running {
  /** Resolves when the run is over, its commands and its trace durable; one that was told of before is not run again. */
  run(r: Run): Promise<void>
  idle(): Promise<void>
}

export function makeRunning(act: (r: Run) => Promise<Step[]>, runs: Runs, clock: Clock): Running {
  const waiting: (() => void)[] = []
  const busy = new Set<Promise<void>>()
  const counts = new Map<number, { from: number; n: number; told: boolean }>()
  /** device → the rules that led to what was done to it lately */
  const causes = new Map<number, Cause[]>()
  let active = 0

  const lately = (device: number): Cause[] => {
    const from = clock.now() - WINDOW_MS
    const found = (causes.get(device) ?? []).filter((c) => c.at > from)
    if (found.length > 0) causes.set(device, found)
    else causes.delete(device)
    return found
  }

  function tooOften(id: number): 'no' | 'first' | 'yes' {
    const now = clock.now()
    let c = counts.get(id)
    if (!c || c.from <= now - WINDOW_MS) counts.set(id, (c = { from: now, n: 0, told: false }))
    if (++c.n <= MOST_RUNS) return 'no'
    const first = !c.told
    c.told = true
    return first ? 'first' : 'yes'
  }

  function remember(r: Run, chain: readonly Cause[]): void {
    const cause = { rule: r.rule.rule.id, at: clock.now() }
    for (const { act, target } of r.rule.actions) {
      if (act.do !== 'command' && act.do !== 'status') continue
      const id = target?.id ?? r.device
      causes.set(id, [...lately(id), ...chain.filter((c) => !lately(id).includes(c)), cause].slice(-64))
    }
  }

  /** → what resolves when the run is told of */
  async function carryOut(r: Run): Promise<{ told?: Promise<void> }> {
    const { rule } = r.rule
    const { id } = rule
    const tell = (outcome: string, of: object) => ({ told: runs.add(rule, r.at, outcome, { ...trace, ...of }, r.after) })
    if (r.again && (await runs.toldBefore(id, r.key))) return {}
    const trace = { run: r.key, device: r.device, at: r.at, why: { event: r.facts.event, status: r.facts.status } }
    const often = tooOften(id)
    if (often !== 'no') {
      if (often !== 'first') return {}
      return tell('held_back', { limit: { n: MOST_RUNS, per: WINDOW_MS } })
    }
    const chain = r.device === 0 ? [] : lately(r.device)
    if (chain.filter((c) => c.rule === id).length >= MOST_TURNS) {
      return tell('loop', { through: [...new Set(chain.map((c) => c.rule))] })
    }
    remember(r, chain)
    const steps = await act(r)
    return tell(steps.every((s) => s.outcome === 'ok') ? 'ok' : 'failed', { steps })
  }

  async function turn(r: Run): Promise<void> {
    if (active >= AT_A_TIME) await new Promise<void>((go) => waiting.push(go))
    active++
    let over: { told?: Promise<void> }
    try {
      over = await carryOut(r)
    } finally {
      active--
      waiting.shift()?.()
    }
    await over.told
  }

  return {
    run(r) {
      const done = turn(r)
      busy.add(done)
      const gone = () => void busy.delete(done)
      done.then(gone, gone)
      return done
    },
    async idle() {
      while (busy.size > 0) await Promise.allSettled(busy)
    },
  }
}
