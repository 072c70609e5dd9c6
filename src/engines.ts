/** Opens the engine of a port as its setting says. */
import { openDeviceLog } from '#core/devicelog/open.ts'
import { openHistory } from '#core/history/open.ts'
import { openPresence } from '#core/presence/open.ts'
import { openQueue } from '#core/queue/open.ts'
import { openRegistrystore } from '#core/registrystore/open.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Config } from './config.ts'
import type { PortName, Ports } from './services.ts'

export interface Opening {
  config: Config
  log: Logger
  clock: Clock
}

const openers: { [P in PortName]: (o: Opening) => Promise<Ports[P]> } = {
  registrystore: ({ config, log }) => openRegistrystore(config.registryUrl, { dataDir: config.dataDir, log }),
  devicelog: ({ config, log }) => openDeviceLog(config.devicelogUrl, { dataDir: config.dataDir, log }),
  history: ({ config, log }) => openHistory(config.historyUrl, { dataDir: config.dataDir, log }),
  presence: ({ config, clock }) => openPresence(config.presenceUrl, { clock }),
  queue: ({ config, log }) => openQueue(config.queueUrl, { log }),
}

export const openPort = <P extends PortName>(port: P, o: Opening): Promise<Ports[P]> =>
  openers[port]({ ...o, log: o.log.child({ port }) })
