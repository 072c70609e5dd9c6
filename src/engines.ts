/** Opens the engine of a port as its setting says. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type EngineOptions, type OpenEngine, openEngine } from '#core/engines.ts'
import { jittered } from '#core/remote/backoff.ts'
import { isPandoError } from '#lib/errors.ts'
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
  /** for servers that cannot be reached yet, instead of failing */
  waits?: boolean
}

const MOST_WAIT_MS = 5000

const urls = {
  registrystore: 'registryUrl',
  devicelog: 'devicelogUrl',
  history: 'historyUrl',
  presence: 'presenceUrl',
  queue: 'queueUrl',
} as const satisfies Record<PortName, keyof Config>

/** `sqlite` of `sqlite:`: which engine a port has. */
export const schemeOf = (port: PortName, config: Config): string => config[urls[port]].split(':', 1)[0]!

/** Rejects with what the engine says is wrong; a server that does not answer is named in the log and tried again for as long as it takes. */
export async function openPort<P extends PortName>(port: P, opening: Opening): Promise<Ports[P]> {
  const { config, engines, clock } = opening
  const log = opening.log.child({ port })
  const table: Readonly<Record<string, OpenEngine<Ports[P], Required<EngineOptions>>>> = Object.fromEntries(engines[port].rows)
  const url: string = config[urls[port]]
  for (let attempt = 1; ; attempt++) {
    try {
      return await openEngine(port, table, url, { dataDir: config.dataDir, log, clock })
    } catch (e) {
      if (!opening.waits || !url.includes('://') || !isPandoError(e, 'unavailable')) throw e
      log.warn({ err: e, attempt }, 'an engine cannot be reached; trying again')
      await sleep(jittered(attempt, MOST_WAIT_MS))
    }
  }
}
