/** Where log lines go. */
import type { EngineHealth } from '#core/health.ts'
import type { Logger } from '#lib/log.ts'

export interface Logs {
  readonly log: Logger
  health(): EngineHealth
  /** Calls f with the number of lines that are lost: those that were, and each time more are. */
  onDropped(f: (count: number) => void): void
  /** Resolves when all that was logged is out. */
  close(): Promise<void>
}

export interface LogsOptions {
  level: string
  /** lines for people instead of JSON; default: whether stderr is a terminal */
  pretty?: boolean
  /** where `stderr:` writes; for tests */
  stderr?: { write(text: string): void }
}
