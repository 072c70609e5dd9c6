import { type EngineOptions, type EngineTable, openEngine } from '#core/engines.ts'
import type { Registrystore } from './port.ts'

/**
 * scheme → registry store. `sqlite:` is registry.db in the data directory, `sqlite:<path>` another file; the others are databases on a
 * server, `mysql://user:password@host:port/database?parameters`.
 */
export const registrystoreEngines = {
  sqlite: async (url, o) => (await import('./sqlite.ts')).openSqlite(url, o),
  mysql: async (url, o) => (await import('./sql/mysql.ts')).openMysql(url, o),
  postgres: async (url, o) => (await import('./sql/postgres.ts')).openPostgres(url, o),
} satisfies EngineTable<Registrystore, EngineOptions>

/** Opens (makes, checks, migrates) the registry store that PANDO_REGISTRY_URL names. */
export const openRegistrystore = (
  url: string,
  options: EngineOptions,
  table: EngineTable<Registrystore, EngineOptions> = registrystoreEngines,
): Promise<Registrystore> => openEngine('registrystore', table, url, options)
