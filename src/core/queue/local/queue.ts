/** The doorbell inside one process: a bell reaches its listeners before `ring` returns, with the batch itself. */

import type { EngineOptions } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import type { Bells, Queue } from '../port.ts'

interface Listener {
  name: string
  handler: (bell: never) => void
}

export function localQueue({ log }: EngineOptions): Queue {
  const since = Date.now()
  /** replaced, never changed: a handler may listen or stop while a bell rings */
  const listeners: { [T in keyof Bells]: readonly Listener[] } = { log: [], registry: [] }

  return {
    ring(topic, bell) {
      for (const { name, handler } of listeners[topic]) {
        try {
          handler(bell as never)
        } catch (err) {
          log?.error({ err, topic, listener: name }, 'a listener of the queue failed')
        }
      }
    },
    listen(topic, name, handler) {
      const listener: Listener = { name, handler }
      listeners[topic] = [...listeners[topic], listener]
      return () => {
        listeners[topic] = listeners[topic].filter((l) => l !== listener)
      }
    },
    hearing: async () => {},
    health: (): EngineHealth => ({ state: 'ok', since }),
    async close() {
      listeners.log = []
      listeners.registry = []
    },
  }
}
