/**
 * The service table: what there is, what each opens (engines) and calls (peers). It is the only place that knows; a service is told
 * its ports and peers and never learns in which shape it runs.
 */
import { access } from '#contracts/access.ts'
import type { Contract } from '#contracts/contract.ts'
import { controller } from '#contracts/controller.ts'
import { devicemanager } from '#contracts/devicemanager.ts'
import { notifier } from '#contracts/notifier.ts'
import { registry } from '#contracts/registry.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import type { Presence } from '#core/presence/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import type { Config } from './config.ts'

/** Engines by port name. */
export interface Ports {
  registrystore: Registrystore
  devicelog: DeviceLog
  history: History
  presence: Presence
  queue: Queue
}
export type PortName = keyof Ports

// biome-ignore lint/suspicious/noExplicitAny: each service narrows config, ports and peers to what it names here
type Start = (s: ServiceStart<Config, any, any>) => Promise<Started>

export interface ServiceEntry {
  load: () => Promise<{ start: Start }>
  contract?: Contract
  opens: readonly PortName[]
  calls: readonly string[]
  /** services that call it themselves: it starts without them */
  callsBack?: readonly string[]
  /** holds device connections: others call it by its instance (contract `access`) */
  holdsDevices?: boolean
  /** has state in memory that no other process sees: of several it runs in one, the others wait for their turn (turn.ts) */
  alone?: boolean
  /** of those that it opens: not before its turn, since what they read at opening is what others have left */
  opensInTurn?: readonly PortName[]
}

/** A service by which devices come in; those of plugins too. */
export const accessEntry = (load: ServiceEntry['load']) =>
  ({
    load,
    contract: access,
    opens: [],
    calls: ['registry', 'devicemanager', 'controller'],
    holdsDevices: true,
  }) as const satisfies ServiceEntry

/** In the order in which they start; they stop in the opposite one. */
export const serviceTable = {
  registry: {
    load: () => import('#logic/registry/service.ts'),
    contract: registry,
    opens: ['registrystore', 'queue'],
    calls: [],
  },
  devicemanager: {
    load: () => import('#logic/devicemanager/service.ts'),
    contract: devicemanager,
    opens: ['presence', 'queue'],
    calls: ['registry'],
    callsBack: ['controller'],
  },
  controller: {
    load: () => import('#logic/controller/service.ts'),
    contract: controller,
    opens: ['devicelog', 'history', 'queue'],
    calls: ['registry', 'devicemanager'],
    alone: true,
    opensInTurn: ['history'],
  },
  notifier: {
    load: () => import('#logic/notifier/service.ts'),
    contract: notifier,
    opens: ['devicelog', 'queue'],
    calls: ['registry'],
    alone: true,
  },
  apiprovider: {
    load: () => import('#logic/apiprovider/service.ts'),
    opens: ['devicelog', 'queue'],
    calls: ['registry', 'devicemanager', 'controller', 'notifier'],
  },
  mqttaccess: accessEntry(() => import('#access/mqttaccess/service.ts')),
  coapaccess: accessEntry(() => import('#access/coapaccess/service.ts')),
  xmppaccess: accessEntry(() => import('#access/xmppaccess/service.ts')),
  httpaccess: accessEntry(() => import('#access/httpaccess/service.ts')),
} as const satisfies Record<string, ServiceEntry>

export type ServiceName = keyof typeof serviceTable
export const serviceNames = Object.keys(serviceTable) as ServiceName[]
export const serviceEntry = (name: ServiceName): ServiceEntry => serviceTable[name]
