/** Stretches of time in which a device said nothing, and that is worth telling. */
import type { Gap } from '#contracts/controller.ts'

/** Values that came close together. */
export interface Said {
  firstAt: number
  lastAt: number
  count: number
}

/** So many times the usual distance of two reports is silence. */
const USUAL_TIMES = 5

/**
 * Gaps in [from, to) between what was said, in order: all that is much longer than is usual for the device, and what of the rest it was
 * offline.
 */
export function gapsOf(said: readonly Said[], offline: readonly Gap[], { from, to }: Gap): Gap[] {
  const longest = USUAL_TIMES * usual(said)
  const gaps: Gap[] = []
  let at = from
  for (const { firstAt, lastAt } of [...said, { firstAt: to, lastAt: to }]) {
    if (firstAt > at) gaps.push(...gapsIn({ from: at, to: firstAt }, said.length === 0 ? 0 : longest, offline))
    at = Math.max(at, lastAt)
  }
  return gaps
}

function gapsIn(quiet: Gap, longest: number, offline: readonly Gap[]): Gap[] {
  if (quiet.to - quiet.from > longest) return [quiet]
  return offline
    .filter((o) => o.from < quiet.to && o.to > quiet.from)
    .map((o) => ({ from: Math.max(o.from, quiet.from), to: Math.min(o.to, quiet.to) }))
}

/** The median distance of two reports; infinite if there are not two. */
function usual(said: readonly Said[]): number {
  const distances: number[] = []
  for (let i = 1; i < said.length; i++) distances.push((said[i]!.firstAt - said[i - 1]!.firstAt) / said[i - 1]!.count)
  distances.sort((a, b) => a - b)
  return distances[distances.length >> 1] ?? Number.POSITIVE_INFINITY
}
