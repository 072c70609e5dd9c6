import { type EngineOptions, type EngineTable, openEngine } from '#core/engines.ts'
import type { Discovery } from './port.ts'

/** scheme → discovery engine */
export const discoveryEngines = {
  local: async (_url, o) => (await import('./local/discovery.ts')).localDiscovery(o),
  static: async (url, o) => (await import('./static/discovery.ts')).staticDiscovery(url, o),
  etcd: async (url, o) => (await import('./etcd/discovery.ts')).openEtcdDiscovery(url, o),
} satisfies EngineTable<Discovery, EngineOptions>

/** Opens the discovery engine that PANDO_DISCOVERY_URL names. */
export const openDiscovery = (
  url: string,
  options: EngineOptions,
  table: EngineTable<Discovery, EngineOptions> = discoveryEngines,
): Promise<Discovery> => openEngine('discovery', table, url, options)
