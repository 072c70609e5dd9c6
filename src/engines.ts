/** Opens the engine of a port as its setting says. */
import { type EngineOptions, type OpenEngine, openEngine } from '#core/engines.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Config } from './config.ts'
import type { Engines } from './registrar.ts'
import type { PortName, Ports } from './services.ts'

export interface Opening {
  config: Config
  log: Logger
  clock: Clock
  /** the built-in ones and those of plugins */
  engines: Engines
}

const urls = {
  registrystore: 'registryUrl',
  devicelog: 'devicelogUrl',
  history: 'historyUrl',
  presence: 'presenceUrl',
  queue: 'queueUrl',
} as const satisfies Record<PortName, keyof Config>

/** `sqlite` of `sqlite:`: which engine a port has. */
export const schemeOf = (port: PortName, config: Config): string => config[urls[port]].split(':', 1)[0]!

export function openPort<P extends PortName>(port: P, { config, engines, log, clock }: Opening): Promise<Ports[P]> {
  const table: Readonly<Record<string, OpenEngine<Ports[P], Required<EngineOptions>>>> = Object.fromEntries(engines[port].rows)
  return openEngine(port, table, config[urls[port]], { dataDir: config.dataDir, log: log.child({ port }), clock })
}
