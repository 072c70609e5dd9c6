/** Ending sessions at the node that holds them. */
import type { Cause } from '#contracts/causes.ts'
import type { Route } from '#core/presence/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { nodeNamed } from '#logic/shared/nodes.ts'
import { answers } from './answers.ts'
import type { Start } from './start.ts'

/** How long a node may take to close and drain a session; then it counts as lost. */
const CLOSE_WITHIN = 5000
/** A node that counts as lost, or that is slow, is not waited for again for this long, so that it costs one wait and not one a batch. */
const LOST_FOR = 5000
/** A node that answers, but whose log takes nothing, keeps its sessions for so long: sealing its stream would end all of them. */
export const SLOW_FOR = 30_000

export interface Closer {
  /**
   * Ends sessions of one node. Resolves when what they had sent is durable and they are gone; rejects when the node is
   * unknown, fails or doesn't answer in time.
   */
  close(node: string, routes: readonly Route[], cause: Cause): Promise<void>
  /**
   * Ends sessions that others replaced: a call a node, all nodes at once. A node that can't be reached is lost: its stream of the log is
   * sealed, so that it says nothing more of them. → those that could not be ended: what they have sent may still come.
   */
  replaced(routes: readonly Route[]): Promise<Route[]>
}

/** A node that lives and does not get done with sessions. */
interface Slow {
  since: number
  /** not asked again before */
  until: number
}

interface Fence {
  stream: number | undefined
  sealed: Promise<unknown>
}

export function makeCloser({ peers, clock, log, ports: { presence } }: Pick<Start, 'peers' | 'clock' | 'log' | 'ports'>): Closer {
  const lost = new Map<string, Fence>()
  const slow = new Map<string, Slow>()

  async function close(node: string, routes: readonly Route[], cause: Cause): Promise<void> {
    const face = await nodeNamed(peers.access, node)
    if (!face) throw new PandoError('unavailable', `access node ${node} is not known`, { node })
    const items = routes.map(({ device, epoch }) => ({ device, epoch, cause }))
    await within(CLOSE_WITHIN, clock, face.close({ items }))
  }

  /** → false: the node lives and may still say something of them */
  async function takeOver(node: string, routes: readonly Route[]): Promise<boolean> {
    const before = lost.get(node)
    if (before && (await presence.stream(node)) === before.stream) {
      await before.sealed
      return true
    }
    if (clock.now() < (slow.get(node)?.until ?? 0)) return false
    try {
      await close(node, routes, 'taken_over')
      slow.delete(node)
    } catch (err) {
      const waits = await slowAgain(node)
      const what = waits ? 'their devices wait' : 'it counts as lost'
      log.warn({ err, node, sessions: routes.length }, `access node did not close sessions that were taken over; ${what}`)
      if (waits) return false
      await fence(node)
    }
    return true
  }

  /** The node was slow once more → whether it answers, and has not been slow for too long. */
  async function slowAgain(node: string): Promise<boolean> {
    const alive = await answers({ peers, clock }, node)
    const now = clock.now()
    const before = slow.get(node)
    const since = before && now < before.until + SLOW_FOR ? before.since : now
    slow.delete(node)
    if (!alive || now - since >= SLOW_FOR) return false
    slow.set(node, { since, until: now + LOST_FOR })
    return true
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
      const each = [...Map.groupBy(routes, (r) => r.node)].map(async ([node, theirs]) => {
        const ended = await takeOver(node, theirs).catch((err: unknown) => {
          log.warn(
            { err, node, sessions: theirs.length },
            'the stream of a lost access node could not be sealed; its devices wait',
          )
          return false
        })
        return ended ? [] : theirs
      })
      return (await Promise.all(each)).flat()
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
