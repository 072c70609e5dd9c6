import type { Route } from '#core/presence/port.ts'
import type { Candidate } from './candidates.ts'
import type { Epochs } from './epochs.ts'
import type { WholePresence } from './whole.ts'

/** Clocks of machines differ; whoever still loses after this many tries would lose for ever. */
const TRIES = 5

/**
 * Makes every candidate's route the device's route → the sessions that must end before they come in: also those whose end a manager owed that
 * died. A candidate that never got above the others is overtaken.
 */
export async function claimRoutes(
  claim: WholePresence['claim'],
  epochs: Epochs,
  candidates: readonly Candidate[],
): Promise<Route[]> {
  const toClose: Route[] = []
  let open = candidates
  for (let tries = 0; open.length > 0 && tries < TRIES; tries++) {
    const before = await claim(open.map((c) => c.route))
    open = open.filter((c, i) => !displaced(c, before[i]!, toClose, epochs))
  }
  for (const c of open) c.overtaken = true
  return toClose
}

/** → false: a manager whose clock is ahead had given an epoch that is not below, and the claim must be repeated. */
function displaced(c: Candidate, before: readonly Route[], toClose: Route[], epochs: Epochs): boolean {
  const last = before[0]?.epoch ?? 0
  if (last >= c.route.epoch) {
    c.route = { ...c.route, epoch: epochs.next(c.device.id, last) }
    return false
  }
  toClose.push(...before.filter((r) => r.epoch !== c.previous?.route.epoch))
  return true
}
