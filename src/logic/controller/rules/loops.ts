/** Rules that wake one another: found when one is saved. */
import type { Compiled } from './compiled.ts'

/** What an action on another device may wake there: setting values makes it report them, a command may make it send an event. */
function wakes(from: Compiled, to: Compiled): boolean {
  return from.actions.some((a) => {
    if (a.act.do !== 'command' && a.act.do !== 'status') return false
    if (a.target === undefined || a.target.id === from.deviceId || a.target.id !== to.deviceId) return false
    const { on } = to.def
    if (a.act.do === 'command') return on.kind === 'event'
    return on.kind === 'status' && (on.label === undefined || on.label in a.act.values)
  })
}

/** The ids of the rules that `rule` would wake and that wake it again; undefined: no circle without a limit (`atMost`). */
export function loopOf(rule: Compiled, others: Iterable<Compiled>): number[] | undefined {
  const all = [...others].filter((o) => o.rule.id !== rule.rule.id)
  const paths: { at: Compiled; path: Compiled[] }[] = [{ at: rule, path: [rule] }]
  const seen = new Set<Compiled>()
  for (const { at, path } of paths) {
    if (path.length > 1 && wakes(at, rule) && path.every((r) => r.def.but?.atMost === undefined))
      return path.map((r) => r.rule.id)
    for (const next of all) {
      if (seen.has(next) || !wakes(at, next)) continue
      seen.add(next)
      paths.push({ at: next, path: [...path, next] })
    }
  }
  return undefined
}
