/**
 * Nodes that died: the controller ends their streams of the log, then their routes are forgotten, and it says of their devices that they are
 * offline. In this order, since whoever comes in where such a route was must know that the old session says nothing more (connect.ts).
 */
import type { Dead } from '#core/presence/port.ts'
import { answers } from './answers.ts'
import type { Held } from './held.ts'
import type { Start } from './start.ts'
import { untilDone } from './untildone.ts'

const AT_ONCE = 1000

export interface Funerals {
  add(dead: Dead): void
  stop(): void
}

export function makeFunerals(s: Start, held: Held): Funerals {
  const {
    peers,
    log,
    clock,
    ports: { presence },
  } = s
  const tries = untilDone(s)

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

  return {
    add: (dead) => tries.attempt(() => tell(dead), 'the controller could not be told of a node that died', { node: dead.node }),
    stop: tries.stop,
  }
}
