/** Nodes that died: the controller ends their streams of the log and says of their devices that they are offline. */
import type { Lost } from '#core/presence/port.ts'
import type { Start } from './start.ts'

const AGAIN_MS = 1000
/** One that answers within this time lives: it has only been slow, and announces its devices itself. */
const ANSWER_MS = 1000
const AT_ONCE = 1000

export interface Funerals {
  add(lost: Lost): void
  stop(): void
}

export function makeFunerals({ peers, log, clock }: Pick<Start, 'peers' | 'log' | 'clock'>): Funerals {
  const waiting = new Set<() => void>()
  let stopped = false

  async function answers(node: string): Promise<boolean> {
    const face = peers.access(node)
    if (!face) return false
    return new Promise((resolve) => {
      const late = clock.after(ANSWER_MS, () => resolve(false))
      face.moved({ devices: [] }).then(
        () => {
          late()
          resolve(true)
        },
        () => resolve(false),
      )
    })
  }

  async function tell({ node, stream, routes }: Lost): Promise<void> {
    if (await answers(node)) return
    const sessions = routes.map(({ device, epoch }) => ({ device, epoch }))
    for (let i = 0; i === 0 || i < sessions.length; i += AT_ONCE)
      await peers.controller.nodeLost({
        node,
        ...(stream !== undefined && { stream }),
        sessions: sessions.slice(i, i + AT_ONCE),
      })
  }

  function attempt(lost: Lost): void {
    tell(lost).catch((err: unknown) => {
      if (stopped) return
      log.warn({ err, node: lost.node }, 'the controller could not be told of a node that died; trying again')
      const cancel = clock.after(AGAIN_MS, () => {
        waiting.delete(cancel)
        attempt(lost)
      })
      waiting.add(cancel)
    })
  }

  return {
    add: attempt,
    stop() {
      stopped = true
      for (const cancel of waiting) cancel()
    },
  }
}
