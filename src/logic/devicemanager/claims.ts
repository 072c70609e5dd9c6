import type { Presence, Route } from '#core/presence/port.ts'
import type { Candidate } from './candidates.ts'
import type { Epochs } from './epochs.ts'

/** Clocks of machines differ; whoever still loses after this many tries would lose for ever. */
const TRIES = 5

/**
 * Makes every candidate's route the device's route → the live sessions that must end before they come in. A candidate that never got
 * above the others is overtaken.
 */
export async function claimRoutes(presence: Presence, epochs: Epochs, candidates: readonly Candidate[]): Promise<Route[]> {
  const toClose: Route[] = []
  let open = candidates
  for (let tries = 0; open.length > 0 && tries < TRIES; tries++) {
    const replaced = await presence.claim(open.map((c) => c.route))
    open = open.filter((c, i) => !displaced(c, replaced[i], toClose, epochs))
  }
  for (const c of open) c.overtaken = true
  return toClose
}

/** → false: a manager whose clock is ahead had given an epoch that is not below, and the claim must be repeated. */
function displaced(c: Candidate, before: Route | undefined, toClose: Route[], epochs: Epochs): boolean {
  if (before === undefined) return true
  if (before.epoch >= c.route.epoch) {
    c.route = { ...c.route, epoch: epochs.next(c.device.id, before.epoch) }
    return false
  }
  if (before.epoch !== c.previous?.route.epoch) toClose.push(before)
  return true
}
