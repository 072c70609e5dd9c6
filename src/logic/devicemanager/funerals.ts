/**
 * Nodes that died: the controller ends their streams of the log, then their routes are forgotten, and it says of their devices that they are
 * offline. In this order, since whoever comes in where such a route was must know that the old session says nothing more (connect.ts).
 */
import type { Dead } from '#core/presence/port.ts'
import { answers } from './answers.ts'
import type { Held } from './held.ts'
import type { Start } from './start.ts'

const AGAIN_MS = 1000
const AT_ONCE = 1000
/** Of tries that fail one of so many is logged. */
const LOG_EACH = 30

export interface Funerals {
  add(dead: Dead): void
  stop(): void
}

export function makeFunerals({ peers, log, clock, ports: { presence } }: Start, held: Held): Funerals {
  const waiting = new Set<() => void>()
  let stopped = false

  async function tell({ node, stream }: Dead): Promise<void> {
    // it has only been slow, and announces its devices itself
    if (await answers({ peers, clock }, node)) return
    await peers.controller.nodeLost({ node, ...(stream !== undefined && { stream }), sessions: [] })
    const sessions = (await presence.bury(node)).map(({ device, epoch }) => ({ device, epoch }))
    for (const { device, epoch } of sessions) held.ended(device, epoch)
    if (sessions.length === 0) log.info({ node }, 'access node has gone; it held no devices')
    else log.warn({ node, devices: sessions.length }, 'access node was silent for too long; its devices count as offline')
    for (let i = 0; i < sessions.length; i += AT_ONCE)
      await peers.controller.nodeLost({ node, sessions: sessions.slice(i, i + AT_ONCE) })
  }

  function attempt(dead: Dead, tries = 0): void {
    tell(dead).catch((err: unknown) => {
      if (stopped) return
      if (tries % LOG_EACH === 0)
        log.warn({ err, node: dead.node }, 'the controller could not be told of a node that died; trying again')
      const cancel = clock.after(AGAIN_MS, () => {
        waiting.delete(cancel)
        attempt(dead, tries + 1)
      })
      waiting.add(cancel)
    })
  }

  return {
    add: (dead) => attempt(dead),
    stop() {
      stopped = true
      for (const cancel of waiting) cancel()
    },
  }
}
