/** Presence: which access node holds a device's connection. A route lives as long as its node's lease; none has a lease of its own. */
import type { EngineHealth } from '#core/health.ts'

export interface Route {
  device: number
  /** id of the access node's process (its address in discovery) */
  node: string
  /** grows with each session of a device */
  epoch: number
  protocol: string
  /** the device's address, host:port */
  address: string
  /** ms since 1970 */
  since: number
}

/** A node that died, as it was last. */
export interface Lost {
  node: string
  routes: Route[]
  stream?: number
}

export interface Presence {
  /**
   * Makes each route the device's route → the routes that they replace (same order; undefined where there was none alive). Where the live
   * route's epoch is not below, nothing is changed, and that route is the answer.
   */
  claim(routes: readonly Route[]): Promise<(Route | undefined)[]>
  /** Ends routes if they are still those sessions (device and epoch) → whether each was. */
  release(ends: readonly { device: number; epoch: number }[]): Promise<boolean[]>
  /** The live routes of devices, undefined where offline. */
  routes(devices: readonly number[]): Promise<(Route | undefined)[]>
  /** Puts routes back that were lost with a lease or with data → whether each is the device's route now: not where another one is alive whose epoch is not below. */
  restore(routes: readonly Route[]): Promise<boolean[]>
  /**
   * Says that a node lives; its routes end `ttlMs` after the last call. Only nodes with a lease have live routes. → whether all of its routes
   * are known: not before `complete`, and not after its lease ran out or data was lost. `stream`: of the device log, which it writes; when left
   * out it is as it was.
   */
  lease(node: string, ttlMs: number, stream?: number): Promise<boolean>
  /** All routes of a node that has a lease have been restored. */
  complete(node: string): Promise<void>
  /** Ends a node's lease at once: all its routes are gone. */
  leave(node: string): Promise<void>
  /** Nodes whose lease ran out since the last call, with the devices that they held (each reported to one of all who ask). */
  expired(): Promise<Lost[]>
  count(): Promise<number>
  health(): EngineHealth
  close(): Promise<void>
}
