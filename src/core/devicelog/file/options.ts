import type { EngineHealth } from '#core/health.ts'
import type { Disk } from '#lib/disk.ts'

export interface FileLogOptions {
  /** folder of the log */
  dir: string
  disk?: Disk
  /** a segment is closed when it has reached this; default 64 MiB */
  segmentBytes?: number
  /** room is made ahead, as zeros, in steps of this; default 4 MiB */
  stepBytes?: number
  /** pace at which closed segments are verified in the background; default 8 MiB/s, 0: never */
  scrubBytesPerSecond?: number
  log?: EngineLog
  onState?: (h: EngineHealth) => void
  now?: () => number
  /** false: the caller makes sure that nobody else has the folder (tests on a simulated disk) */
  lock?: boolean
}

/** What engines write to: a pino logger fits. */
export interface EngineLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
}
