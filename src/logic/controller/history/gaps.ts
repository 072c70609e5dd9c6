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

/** What is shorter tells nothing, unless it lasts until now. */
const LEAST_TIMES = 2

interface Quiet extends Gap {
  /** much longer than is usual for the device */
  silent: boolean
}

/** Stretches of [from, to) without a value, that are longer than usual or not over. */
export function quietIn(said: readonly Said[], { from, to }: Gap): Quiet[] {
  const usually = usual(said)
  const quiet: Quiet[] = []
  let at = from
  for (const { firstAt, lastAt } of said) {
    const length = firstAt - at
    if (length > LEAST_TIMES * usually) quiet.push({ from: at, to: firstAt, silent: length > USUAL_TIMES * usually })
    at = Math.max(at, lastAt)
  }
  if (to > at) quiet.push({ from: at, to, silent: said.length === 0 || to - at > USUAL_TIMES * usually })
  return quiet
}

/** All that is silent, and what of the rest the device was offline. */
export const gapsOf = (quiet: readonly Quiet[], offline: readonly Gap[]): Gap[] =>
  quiet.flatMap(({ silent, ...q }) =>
    silent
      ? [q]
      : offline
          .filter((o) => o.from < q.to && o.to > q.from)
          .map((o) => ({ from: Math.max(o.from, q.from), to: Math.min(o.to, q.to) })),
  )

/** The median distance of two reports; infinite if there are not two. */
function usual(said: readonly Said[]): number {
  const distances: number[] = []
  for (let i = 1; i < said.length; i++) distances.push((said[i]!.firstAt - said[i - 1]!.firstAt) / said[i - 1]!.count)
  distances.sort((a, b) => a - b)
  return distances[distances.length >> 1] ?? Number.POSITIVE_INFINITY
}
