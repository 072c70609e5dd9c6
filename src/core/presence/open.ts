import { type EngineOptions, type EngineTable, openEngine } from '#core/engines.ts'
import type { Presence } from './port.ts'

/** scheme → presence engine */
export const presenceEngines = {
  memory: async (_url, o) => (await import('./memory/presence.ts')).memoryPresence(o),
  redis: async (url, o) => (await import('./redis/presence.ts')).redisPresence(url, o),
} satisfies EngineTable<Presence, EngineOptions>

/** Opens the presence engine that PANDO_PRESENCE_URL names. */
export const openPresence = (
  url: string,
  options: EngineOptions,
  table: EngineTable<Presence, EngineOptions> = presenceEngines,
): Promise<Presence> => openEngine('presence', table, url, options)
