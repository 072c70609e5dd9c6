/** A cloud that runs, in whatever shape. */
import type { Clock } from '#lib/service.ts'
import type { Peers } from '#src/cloud.ts'

export type Env = Record<string, string>

export interface Running {
  listen: Record<string, string>
  peers: Peers
  pid: number
  /** SIGTERM, or stop() → exit code, what stderr held */
  stop(): Promise<number>
  /** As the power goes: `kill -9`. Only for `process`. */
  kill(): Promise<void>
  /** what was logged so far */
  logged(): string
}

export interface Options {
  dataDir: string
  env: Env
  clock?: Clock
  /** shell words before the program (process only): `ulimit -n 64` */
  shell?: string
  /** another program than `pando serve` (process only): words, and it says the same line when it is ready */
  program?: readonly string[]
}
