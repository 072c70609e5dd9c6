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

export interface Presence {
  /** Makes each route the device's route → the routes that they replace (same order; undefined where there was none alive). */
  claim(routes: readonly Route[]): Promise<(Route | undefined)[]>
  /** Ends routes if they are still those sessions (device and epoch) → whether each was. */
  release(ends: readonly { device: number; epoch: number }[]): Promise<boolean[]>
  /** The live routes of devices, undefined where offline. */
  routes(devices: readonly number[]): Promise<(Route | undefined)[]>
  /** Says that a node lives; its routes end `ttlMs` after the last call. Only nodes with a lease have live routes. */
  lease(node: string, ttlMs: number): Promise<void>
  /** Ends a node's lease at once: all its routes are gone. */
  leave(node: string): Promise<void>
  /** Nodes whose lease ran out since the last call, with the devices that they held (each reported once in the cluster). */
  expired(): Promise<{ node: string; routes: Route[] }[]>
  count(): Promise<number>
  health(): EngineHealth
  close(): Promise<void>
}
