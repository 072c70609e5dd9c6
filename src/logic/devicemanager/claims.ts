import type { Presence, Route } from '#core/presence/port.ts'
import type { Candidate } from './candidates.ts'
import type { Epochs } from './epochs.ts'

/** Clocks of machines differ; whoever still loses after this many tries would lose for ever. */
const TRIES = 5

/** Makes every candidate's route the device's route → the live sessions that must end before they come in. */
export async function claimRoutes(presence: Presence, epochs: Epochs, candidates: readonly Candidate[]): Promise<Route[]> {
  const toClose: Route[] = []
  let open = candidates
  for (let tries = 0; open.length > 0 && tries < TRIES; tries++) {
    const replaced = await presence.claim(open.map((c) => c.route))
    open = open.filter((c, i) => {
      const before = replaced[i]
      return before !== undefined && displace(c, before, toClose, epochs)
    })
  }
  return toClose
}

/** → whether the claim must be repeated: a manager whose clock is ahead had given a greater epoch. */
function displace(c: Candidate, before: Route, toClose: Route[], epochs: Epochs): boolean {
  const ours = before.epoch === c.previous?.route.epoch || before.epoch === c.tooLow
  if (!ours) toClose.push(before)
  if (before.epoch < c.route.epoch) return false
  c.tooLow = c.route.epoch
  c.route = { ...c.route, epoch: epochs.next(c.device.id, before.epoch) }
  return true
}
