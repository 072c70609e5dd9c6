import { makeFunerals } from './funerals.ts'
import type { Held } from './held.ts'
import type { Start } from './start.ts'

/** An access node that was silent for this long is dead (ARCHITECTURE.md D5); nodes speak each 2 s. */
export const LEASE = 5000
const LOOK_EACH = 1000
/** A node that connects devices lives; its lease isn't renewed more often than this. */
const RENEW_AFTER = 1000

export interface Leases {
  /** → whether it is known where all its devices are */
  renew(node: string, stream?: number): Promise<boolean>
  /** The node has just asked for something: renews if the last time is a while ago, or if it writes another stream since. */
  heard(node: string, stream?: number): Promise<unknown> | undefined
  stop(): void
}

/** Keeps the leases of access nodes, and ends the routes of those that died. */
export function makeLeases(s: Start, held: Held): Leases {
  const { ports, log, clock } = s
  const { presence } = ports
  const funerals = makeFunerals(s, held)
  /** node → the stream that it said last */
  const fresh = new Map<string, number | undefined>()

  async function renew(node: string, stream?: number): Promise<boolean> {
    if (!fresh.has(node)) clock.after(RENEW_AFTER, () => fresh.delete(node))
    fresh.set(node, stream ?? fresh.get(node))
    return presence.lease(node, LEASE, stream)
  }

  async function look(): Promise<void> {
    for (const dead of await presence.expired()) funerals.add(dead)
  }

  const stop = clock.every(LOOK_EACH, () => {
    look().catch((err: unknown) => log.warn({ err }, 'presence does not answer'))
  })
  return {
    renew,
    heard: (node, stream) =>
      fresh.has(node) && (stream ?? fresh.get(node)) === fresh.get(node) ? undefined : renew(node, stream),
    stop() {
      stop()
      funerals.stop()
    },
  }
}
