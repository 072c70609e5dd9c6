/** Whether a rule runs: the same decision for what happens now and for what history says (dry runs). */
import type { Facts } from './cel.ts'
import type { Compiled } from './compiled.ts'
import type { Said } from './facts.ts'

/** What a rule remembers of a device. */
export interface Memory {
  /** since when the condition holds; 0 = it does not */
  since: number
  /** it has run for the present `since` */
  ran: boolean
  /** not again before the hysteresis was true */
  held: boolean
  /** when it ran, within `atMost.per` */
  recent: number[]
  /** records that were judged */
  looks: number
  /** that it is held back has been told since it ran last */
  told: boolean
  /** the run that is under way */
  last?: { at: number; over: Promise<void> }
}

export type Verdict = 'none' | 'near' | 'waits' | 'held_back' | 'runs'

export const newMemory = (): Memory => ({ since: 0, ran: false, held: false, recent: [], looks: 0, told: false })

/** `facts` is called only where a condition must be looked at. */
export function judge(rule: Compiled, m: Memory, said: Said, time: number, facts: () => Facts): Verdict {
  m.looks++
  if (m.held && rule.hysteresis?.test(facts())) m.held = false
  if (!isTrigger(rule, said)) {
    if (endsWaiting(rule, said)) m.since = 0
    return 'none'
  }
  if (rule.when && !rule.when.test(facts())) {
    m.since = 0
    m.ran = false
    return 'near'
  }
  if (rule.def.for === undefined) return limit(rule, m, time)
  if (m.since !== 0) return 'none'
  m.since = time
  m.ran = false
  return 'waits'
}

/** The time of a condition that had to hold is over. */
export function ripe(rule: Compiled, m: Memory, time: number): Verdict {
  if (m.since === 0 || m.ran) return 'none'
  m.ran = true
  return limit(rule, m, time)
}

function isTrigger({ def: { on } }: Compiled, said: Said): boolean {
  if (on.kind !== said.occasion) return false
  if (on.kind === 'event') return on.name === said.name
  return on.kind !== 'status' || on.label === undefined || on.label in said.status
}

/** "offline for 5 min" ends when it is online again, and the other way round. */
function endsWaiting({ def: { on } }: Compiled, { occasion }: Said): boolean {
  return (on.kind === 'offline' && occasion === 'online') || (on.kind === 'online' && occasion === 'offline')
}

function limit(rule: Compiled, m: Memory, time: number): Verdict {
  if (m.held) return 'held_back'
  const most = rule.def.but?.atMost
  if (most) {
    m.recent = m.recent.filter((t) => t > time - most.per)
    if (m.recent.length >= most.n) return 'held_back'
    m.recent.push(time)
  }
  if (rule.hysteresis) m.held = true
  return 'runs'
}
