/**
 * Presence that has lost its data knows of no session that a takeover must end. So nobody is let in before all access nodes have said what they
 * hold. One that says nothing within its lease counts as dead, one that answers and does not get done with it as lost after half a minute; and
 * there may be one that discovery has forgotten too. None of them may go on: before anybody is let in, every stream of the log is sealed but
 * those of the nodes that have said it. Afterwards the sessions that they held are ended: nobody else knows of them any more.
 */
import type { Node, Presence, Route } from '#core/presence/port.ts'
import type { Clock } from '#lib/service.ts'
import { answers } from './answers.ts'
import { LEASE } from './leases.ts'
import type { Start } from './start.ts'
import { SLOW_FOR } from './takeover.ts'
import { untilDone } from './untildone.ts'

const LOOK_MS = 50

export interface WholePresence {
  /** `claim` of presence, when it is whole. */
  claim(routes: readonly Route[]): ReturnType<Presence['restore']>
  stop(): void
}

export function wholePresence(s: Start): WholePresence {
  const {
    ports: { presence },
    peers,
    clock,
    log,
  } = s
  const tries = untilDone(s)
  let waiting: Promise<void> | undefined

  /** → those that have said what they hold: all, or all that are waited for */
  async function told(): Promise<Node[]> {
    const until = clock.now() + SLOW_FOR
    for (let ms = 0; ; ms += LOOK_MS) {
      const said = await presence.told()
      const silent = peers.nodes().filter((node) => !said.some((s) => s.node === node))
      if (silent.length === 0) return said
      if (ms >= LEASE && (clock.now() >= until || !(await someAnswer(silent)))) {
        log.warn({ nodes: silent }, 'presence had lost its data; access nodes that have not said what they hold count as lost')
        return said
      }
      await pause(clock, LOOK_MS)
    }
  }

  const someAnswer = async (nodes: readonly string[]): Promise<boolean> =>
    (await Promise.all(nodes.map((node) => answers({ peers, clock }, node)))).includes(true)

  async function becomesWhole(): Promise<void> {
    // false: the data was lost once more
    for (let whole = false; !whole; ) {
      const said = await told()
      await peers.controller.onlyStreams({ streams: said.flatMap((s) => s.stream ?? []) })
      whole = await presence.whole(said.map((s) => s.node))
    }
    tries.attempt(endUnheld, 'the controller could not end the sessions that nobody holds')
  }

  async function endUnheld(): Promise<void> {
    const { ended } = await peers.controller.endUnheld({})
    if (ended > 0) log.warn({ devices: ended }, 'no access node holds them since presence lost its data; they count as offline')
  }

  return {
    async claim(routes) {
      for (;;) {
        const before = await presence.claim(routes)
        if (before) return before
        waiting ??= becomesWhole().finally(() => (waiting = undefined))
        await waiting
      }
    },
    stop: tries.stop,
  }
}

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((done) => clock.after(ms, done))
