/** A cloud that runs, in whatever shape. */
import type { Clock } from '#lib/service.ts'
import type { Peers } from '#src/cloud.ts'
import type { EngineName } from '../support/engines.ts'

/**
 * direct: all services in the test's process · encoded: the same, calls go through encoder and decoder · process: `pando serve` · servers: as direct,
 * on engines that are servers · cluster: each service a cloud of its own · cluster2: two clouds for each ·
 * processes: two real processes for each part
 */
export type Shape = 'direct' | 'encoded' | 'process' | 'servers' | 'cluster' | 'cluster2' | 'processes'

/** What each shape but those on embedded engines needs. */
export const enginesOf: Partial<Record<Shape, readonly EngineName[]>> = {
  servers: ['mysql', 'redis', 'mongodb', 'nsq'],
  cluster: ['mysql', 'redis', 'mongodb', 'nsq', 'etcd'],
  cluster2: ['mysql', 'redis', 'mongodb', 'nsq', 'etcd'],
  processes: ['mysql', 'redis', 'mongodb', 'nsq', 'etcd'],
}

export type Env = Record<string, string>

export interface Running {
  listen: Record<string, string>
  peers: Peers
  pid: number
  /** SIGTERM, or stop() → exit code, what stderr held */
  stop(): Promise<number>
  /** As the power goes: `kill -9`. Only for `process`. */
  kill(): Promise<void>
  /** Stops the first of the parts that have this service (cluster, cluster2). */
  stopService?(service: string): Promise<void>
  /** where all processes listen by this name, if there are several */
  every?(name: string): readonly string[]
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
