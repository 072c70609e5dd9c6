/** What the device manager is given when it starts. */
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { registry } from '#contracts/registry.ts'
import type { Presence } from '#core/presence/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { ServiceStart } from '#lib/service.ts'

export interface Config {
  /** ms after which an unused token dies */
  tokenLife: number
}
export interface Ports {
  presence: Presence
  queue: Queue
}
export interface Peers {
  registry: Face<typeof registry>
  controller: Pick<Face<typeof controller>, 'nodeLost' | 'onlyStreams' | 'endUnheld'>
  /** the access node with this address; undefined: nobody knows it any more */
  access(node: string): Face<typeof access> | undefined
  /** all access nodes, as far as discovery knows */
  nodes(): readonly string[]
}
export type Start = ServiceStart<Config, Ports, Peers>
