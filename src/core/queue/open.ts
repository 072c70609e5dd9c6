import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Logger } from '#lib/log.ts'
import type { Queue } from './port.ts'

export interface QueueOptions {
  log: Logger
}

/** scheme → queue engine */
export const queueEngines = {
  local: async (_url, o) => (await import('./local/queue.ts')).localQueue(o),
} satisfies EngineTable<Queue, QueueOptions>

/** Opens the queue engine that PANDO_QUEUE_URL names. */
export const openQueue = (
  url: string,
  options: QueueOptions,
  table: EngineTable<Queue, QueueOptions> = queueEngines,
): Promise<Queue> => openEngine('queue', table, url, options)
