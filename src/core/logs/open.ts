import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Logs, LogsOptions } from './port.ts'

export type { LogsOptions } from './port.ts'

/** scheme → log engine */
export const logEngines = {
  stderr: async (_url, o) => (await import('./stderr/logs.ts')).stderrLogs(o),
  elasticsearch: async (url, o) => (await import('./elasticsearch/logs.ts')).elasticLogs(url, o),
} satisfies EngineTable<Logs, LogsOptions>

/** Opens the log that PANDO_LOG_URL names. */
export const openLogs = (url: string, options: LogsOptions, table: EngineTable<Logs, LogsOptions> = logEngines): Promise<Logs> =>
  openEngine('logs', table, url, options)
