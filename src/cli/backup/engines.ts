/** The engines of a data directory on which no cloud runs, opened for a moment: nobody else may have them meanwhile. */
import { systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/log.ts'
import type { Config } from '#src/config.ts'
import { openPort } from '#src/engines.ts'
import { loadPlugins } from '#src/plugins.ts'
import type { Ports } from '#src/services.ts'

export type Engines = Pick<Ports, 'devicelog' | 'history' | 'registrystore'>

export async function withEngines<T>(
  config: Config,
  env: Record<string, string | undefined>,
  log: Logger,
  work: (engines: Engines) => Promise<T>,
): Promise<T> {
  const closing: (() => Promise<void>)[] = []
  try {
    const plugged = await loadPlugins({ env, log, clock: systemClock })
    closing.push(plugged.stop)
    const opening = { config, log, clock: systemClock, engines: plugged.engines }
    const opened = async <P extends keyof Engines>(port: P): Promise<Ports[P]> => {
      const engine = await openPort(port, opening)
      closing.push(() => engine.close())
      return engine
    }
    // the log first: whoever has it has the data directory
    const devicelog = await opened('devicelog')
    return await work({ devicelog, history: await opened('history'), registrystore: await opened('registrystore') })
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}
