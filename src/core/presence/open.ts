import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Clock } from '#lib/service.ts'
import type { Presence } from './port.ts'

export interface PresenceOptions {
  clock: Clock
}

/** scheme → presence engine */
export const presenceEngines = {
  memory: async (_url, o) => (await import('./memory/presence.ts')).memoryPresence(o),
} satisfies EngineTable<Presence, PresenceOptions>

/** Opens the presence engine that PANDO_PRESENCE_URL names. */
export const openPresence = (
  url: string,
  options: PresenceOptions,
  table: EngineTable<Presence, PresenceOptions> = presenceEngines,
): Promise<Presence> => openEngine('presence', table, url, options)
