import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Logger } from '#lib/log.ts'
import type { Discovery } from './port.ts'

export interface DiscoveryOptions {
  log: Logger
}

/** scheme → discovery engine */
export const discoveryEngines = {
  local: async (_url, o) => (await import('./local/discovery.ts')).localDiscovery(o),
} satisfies EngineTable<Discovery, DiscoveryOptions>

/** Opens the discovery engine that PANDO_DISCOVERY_URL names. */
export const openDiscovery = (
  url: string,
  options: DiscoveryOptions,
  table: EngineTable<Discovery, DiscoveryOptions> = discoveryEngines,
): Promise<Discovery> => openEngine('discovery', table, url, options)
