/** JSON lines of the Elastic Common Schema on stderr; on a terminal, lines for people. */
import { makeLog } from '#lib/log.ts'
import type { Logs, LogsOptions } from '../port.ts'

export async function stderrLogs({ level, pretty = process.stderr.isTTY === true, stderr }: LogsOptions): Promise<Logs> {
  const destination = pretty ? await prettyStream(stderr) : stderr
  const since = Date.now()
  return {
    log: makeLog({ level, ...(destination && { destination }) }),
    health: () => ({ state: 'ok', since }),
    onDropped: () => {},
    // Lines are written synchronously: nothing is left to wait for.
    close: async () => {},
  }
}

/** The parts of ECS that a person at a terminal does not need are left out. */
const UNSHOWN = 'ecs.version,process.pid,host.hostname,log.logger'

async function prettyStream(stderr: LogsOptions['stderr']) {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({
    colorize: stderr === undefined,
    messageKey: 'message',
    levelKey: 'log\\.level',
    timestampKey: '@timestamp',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: UNSHOWN.replaceAll('.', '\\.'),
  })
  const to = stderr ?? { write: (text: string) => void process.stderr.write(text) }
  return { write: (line: string) => to.write(format(line)) }
}
