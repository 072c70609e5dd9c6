/**
 * Presence that has lost its data knows of no session that a takeover must end. So nobody is let in before all access nodes have said what they
 * hold; one that says nothing within its lease counts as dead.
 */
import type { Presence, Route } from '#core/presence/port.ts'
import type { Clock } from '#lib/service.ts'
import { LEASE } from './leases.ts'
import type { Start } from './start.ts'

const LOOK_MS = 50

export type Claim = (routes: readonly Route[]) => ReturnType<Presence['restore']>

/** `claim` of presence, when it is whole. */
export function claimWhenWhole({ ports: { presence }, peers, clock, log }: Start): Claim {
  let waiting: Promise<void> | undefined

  async function becomesWhole(): Promise<void> {
    for (let ms = 0; ms < LEASE; ms += LOOK_MS) {
      if (await presence.whole(peers.nodes())) return
      await pause(clock, LOOK_MS)
    }
    log.warn({ nodes: peers.nodes() }, 'presence had lost its data, and not all access nodes have said which devices they hold')
    await presence.whole([])
  }

  return async (routes) => {
    for (;;) {
      const before = await presence.claim(routes)
      if (before) return before
      waiting ??= becomesWhole().finally(() => (waiting = undefined))
      await waiting
    }
  }
}

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((done) => clock.after(ms, done))
