/** Where log lines go. */
import type { EngineHealth } from '#core/health.ts'
import type { Logger } from '#lib/log.ts'

export interface Logs {
  readonly log: Logger
  health(): EngineHealth
  /** Resolves when all that was logged is out. */
  close(): Promise<void>
}
