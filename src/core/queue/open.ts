import { type EngineOptions, type EngineTable, openEngine } from '#core/engines.ts'
import type { Queue } from './port.ts'

/** scheme → queue engine */
export const queueEngines = {
  local: async (_url, o) => (await import('./local/queue.ts')).localQueue(o),
  nsq: async (url, o) => (await import('./nsq/queue.ts')).openNsqQueue(url, o),
} satisfies EngineTable<Queue, EngineOptions>

/** Opens the queue engine that PANDO_QUEUE_URL names. */
export const openQueue = (
  url: string,
  options: EngineOptions,
  table: EngineTable<Queue, EngineOptions> = queueEngines,
): Promise<Queue> => openEngine('queue', table, url, options)
