import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Logger } from '#lib/log.ts'
import type { History } from './port.ts'

export interface HistoryOptions {
  dataDir: string
  log?: Logger
}

/** scheme → history engine */
export const historyEngines = {
  file: async (url, o) => (await import('./file/open.ts')).openFileHistory(url, o),
  mongodb: async (url, o) => (await import('./mongodb/open.ts')).openMongoHistory(url, o),
} satisfies EngineTable<History, HistoryOptions>

/** Opens the history that PANDO_HISTORY_URL names. */
export const openHistory = (
  url: string,
  options: HistoryOptions,
  table: EngineTable<History, HistoryOptions> = historyEngines,
): Promise<History> => openEngine('history', table, url, options)
