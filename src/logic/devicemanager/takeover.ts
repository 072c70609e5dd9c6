/** Ending sessions at the node that holds them. */
import type { Cause } from '#contracts/causes.ts'
import type { Route } from '#core/presence/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { Start } from './start.ts'

/** How long a node may take to close and drain a session; then it counts as lost. */
const CLOSE_WITHIN = 5000
/** A node that counts as lost is not waited for again for this long, so that it costs one wait and not one a batch. */
const LOST_FOR = 5000

export interface Closer {
  /**
   * Ends sessions of one node. Resolves when what they had sent is durable and they are gone; rejects when the node is
   * unknown, fails or doesn't answer in time.
   */
  close(node: string, routes: readonly Route[], cause: Cause): Promise<void>
  /** Ends sessions that others replaced: a call a node, all nodes at once. A node that can't be reached is treated as lost. */
  replaced(routes: readonly Route[]): Promise<void>
}

export function makeCloser({ peers, clock, log }: Pick<Start, 'peers' | 'clock' | 'log'>): Closer {
  const lost = new Set<string>()

  async function close(node: string, routes: readonly Route[], cause: Cause): Promise<void> {
    const face = peers.access(node)
    if (!face) throw new PandoError('unavailable', `access node ${node} is not known`, { node })
    const items = routes.map(({ device, epoch }) => ({ device, epoch, cause }))
    await within(CLOSE_WITHIN, clock, face.close({ items }))
  }

  async function takeOver(node: string, routes: readonly Route[]): Promise<void> {
    if (lost.has(node)) return
    try {
      await close(node, routes, 'taken_over')
    } catch (err) {
      lost.add(node)
      clock.after(LOST_FOR, () => lost.delete(node))
      log.warn(
        { err, node, sessions: routes.length },
        'access node did not close sessions that were taken over; it counts as lost',
      )
    }
  }

  return {
    close,
    async replaced(routes) {
      await Promise.all([...Map.groupBy(routes, (r) => r.node)].map(([node, theirs]) => takeOver(node, theirs)))
    },
  }
}

/** Settles as `work` does, or rejects with `timeout` after `ms`. */
function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<void> {
  return new Promise((done, failed) => {
    const cancel = clock.after(ms, () => failed(new PandoError('timeout', `no answer within ${ms} ms`)))
    const settle = (f: () => void) => {
      cancel()
      f()
    }
    work.then(
      () => settle(done),
      (e: Error) => settle(() => failed(e)),
    )
  })
}
