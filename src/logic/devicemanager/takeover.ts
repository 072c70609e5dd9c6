/** Ending sessions at the node that holds them. */
import type { Cause } from '#contracts/causes.ts'
import type { Route } from '#core/presence/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { nodeNamed } from '#logic/shared/nodes.ts'
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
  /**
   * Ends sessions that others replaced: a call a node, all nodes at once. A node that can't be reached is lost: its stream of the log is
   * sealed, so that it says nothing more of them. Rejects when that could not be done.
   */
  replaced(routes: readonly Route[]): Promise<void>
}

interface Fence {
  stream: number | undefined
  sealed: Promise<unknown>
}

export function makeCloser({ peers, clock, log, ports: { presence } }: Pick<Start, 'peers' | 'clock' | 'log' | 'ports'>): Closer {
  const lost = new Map<string, Fence>()

  async function close(node: string, routes: readonly Route[], cause: Cause): Promise<void> {
    const face = await nodeNamed(peers.access, node)
    if (!face) throw new PandoError('unavailable', `access node ${node} is not known`, { node })
    const items = routes.map(({ device, epoch }) => ({ device, epoch, cause }))
    await within(CLOSE_WITHIN, clock, face.close({ items }))
  }

  async function takeOver(node: string, routes: readonly Route[]): Promise<void> {
    const before = lost.get(node)
    if (before && (await presence.stream(node)) === before.stream) return void (await before.sealed)
    try {
      await close(node, routes, 'taken_over')
    } catch (err) {
      log.warn(
        { err, node, sessions: routes.length },
        'access node did not close sessions that were taken over; it counts as lost',
      )
      await fence(node)
    }
  }

  async function fence(node: string): Promise<void> {
    // undefined: it never had one, or it is buried and its stream is sealed
    const stream = await presence.stream(node)
    const sealed = stream === undefined ? Promise.resolve() : peers.controller.nodeLost({ node, stream, sessions: [] })
    const made: Fence = { stream, sealed }
    const forget = () => void (lost.get(node) === made && lost.delete(node))
    lost.set(node, made)
    clock.after(LOST_FOR, forget)
    sealed.catch(forget)
    await sealed
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
