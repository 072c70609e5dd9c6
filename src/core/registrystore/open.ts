import { type EngineOptions, type EngineTable, openEngine } from '#core/engines.ts'
import type { Registrystore } from './port.ts'

/** scheme → registry store. `sqlite:` is registry.db in the data directory, `sqlite:<path>` another file. */
export const registrystoreEngines = {
  sqlite: async (url, o) => (await import('./sqlite.ts')).openSqlite(url, o),
} satisfies EngineTable<Registrystore, EngineOptions>

/** Opens (makes, checks, migrates) the registry store that PANDO_REGISTRY_URL names. */
export const openRegistrystore = (
  url: string,
  options: EngineOptions,
  table: EngineTable<Registrystore, EngineOptions> = registrystoreEngines,
): Promise<Registrystore> => openEngine('registrystore', table, url, options)
