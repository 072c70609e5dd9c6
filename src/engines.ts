/** Opens the engine of a port as its setting says. */
import { openDeviceLog } from '#core/devicelog/open.ts'
import { openHistory } from '#core/history/open.ts'
import { openPresence } from '#core/presence/open.ts'
import { openQueue } from '#core/queue/open.ts'
import { openRegistrystore } from '#core/registrystore/open.ts'
import type { Logger } from '#lib/log.ts'
import type { Config } from './config.ts'
import type { PortName, Ports } from './services.ts'

const openers: { [P in PortName]: (config: Config, log: Logger) => Promise<Ports[P]> } = {
  registrystore: (c, log) => openRegistrystore(c.registryUrl, { dataDir: c.dataDir, log }),
  devicelog: (c, log) => openDeviceLog(c.devicelogUrl, { dataDir: c.dataDir, log }),
  history: (c, log) => openHistory(c.historyUrl, { dataDir: c.dataDir, log }),
  presence: (c, log) => openPresence(c.presenceUrl, { dataDir: c.dataDir, log }),
  queue: (c, log) => openQueue(c.queueUrl, { dataDir: c.dataDir, log }),
}

export const openPort = <P extends PortName>(port: P, config: Config, log: Logger): Promise<Ports[P]> =>
  openers[port](config, log.child({ port }))
