import { type EngineTable, openEngine } from '#core/engines.ts'
import type { Logs } from './port.ts'

export interface LogsOptions {
  level: string
  /** lines for people instead of JSON; default: whether stderr is a terminal */
  pretty?: boolean
  /** where `stderr:` writes; for tests */
  stderr?: { write(text: string): void }
}

/** scheme → log engine */
export const logEngines = {
  stderr: async (_url, o) => (await import('./stderr/logs.ts')).stderrLogs(o),
} satisfies EngineTable<Logs, LogsOptions>

/** Opens the log that PANDO_LOG_URL names. */
export const openLogs = (url: string, options: LogsOptions, table: EngineTable<Logs, LogsOptions> = logEngines): Promise<Logs> =>
  openEngine('logs', table, url, options)
