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

export interface Node {
  node: string
  /** of the device log, which it wrote last, as far as it has said */
  stream?: number
}
/** A node whose lease ran out. */
export type Dead = Node

export interface Presence {
  /**
   * Makes each route the device's route → the device's sessions before (same order): the route that was replaced, then those that had been
   * replaced before and that nobody has released. All of them are kept behind the route until they are released, whoever dies meanwhile; those
   * of dead nodes too: they may still say something. Where the other route's epoch is not below, nothing is changed. undefined: nothing was
   * done, since data was lost and not taken for `whole` again.
   */
  claim(routes: readonly Route[]): Promise<Route[][] | undefined>
  /** Nodes all of whose routes are known (`complete`), since data was lost too. */
  told(): Promise<Node[]>
  /** Takes the data for whole if all routes of all these nodes are known (`complete`) → whether they are. */
  whole(nodes: readonly string[]): Promise<boolean>
  /** Forgets sessions that have ended (device and epoch) → whether each was the device's route. The one that it had replaced is the route again. */
  release(ends: readonly { device: number; epoch: number }[]): Promise<boolean[]>
  /** The live routes of devices, undefined where offline. */
  routes(devices: readonly number[]): Promise<(Route | undefined)[]>
  /** As `claim`, for routes of sessions that live and whose routes may have been lost, with a lease or with data: it makes data whole. */
  restore(routes: readonly Route[]): Promise<Route[][]>
  /**
   * Says that a node lives; its routes end `ttlMs` after the last call. Only nodes with a lease have live routes. → whether all of its routes
   * are known: not before `complete`, and not after its lease ran out or data was lost. `stream`: of the device log, which it writes; when left
   * out it is as it was.
   */
  lease(node: string, ttlMs: number, stream?: number): Promise<boolean>
  /** What the routes of a node are, a page at a time; one that changes meanwhile may be left out or told twice. `next`: more from there. */
  held(node: string, cursor?: string): Promise<{ sessions: { device: number; epoch: number }[]; next?: string }>
  /** All routes of a node that has a lease have been restored. */
  complete(node: string): Promise<void>
  /** The stream of the device log that a node that is not buried has said last; undefined: none. */
  stream(node: string): Promise<number | undefined>
  /** Nodes whose lease ran out and that are not buried, each reported to one of all who ask; if that one dies, to another one. */
  expired(): Promise<Dead[]>
  /**
   * Forgets a node that has no lease → the routes that it held, each told once; of one that has a lease again, it forgets nothing more. Sessions
   * elsewhere that they had replaced are the devices' routes again.
   */
  bury(node: string): Promise<Route[]>
  count(): Promise<number>
  health(): EngineHealth
  close(): Promise<void>
}
