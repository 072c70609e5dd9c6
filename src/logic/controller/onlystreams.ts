/** All writers of the log end but those that are known (contracts/controller/up.ts). */
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogWriter } from '#core/devicelog/writer.ts'
import type { Logger } from '#lib/log.ts'
import type { WayUp } from './up.ts'

/** Streams of writers that ended properly have no seal: after a year there may be thousands, which have theirs after the first time. */
const AT_ONCE = 50

interface Parts {
  devicelog: Pick<DeviceLog, 'streams' | 'seal'>
  up: Pick<WayUp, 'catchUp'>
  writer: Pick<LogWriter, 'stream'>
  log: Logger
}

export function othersEnder({ devicelog, up, writer, log }: Parts) {
  return async ({ streams }: { streams: readonly number[] }): Promise<{ sealed: number }> => {
    const there = await devicelog.streams()
    const living = new Set([...streams, writer.stream])
    const others = there.filter((s) => !s.sealed && s.first + s.last > 1 && !living.has(s.stream)).map((s) => s.stream)
    for (let i = 0; i < others.length; i += AT_ONCE) await Promise.all(others.slice(i, i + AT_ONCE).map(devicelog.seal))
    for (const stream of others) await up.catchUp(stream)
    if (others.length > 0) log.warn({ streams: others.length }, 'streams of writers that are not known any more were sealed')
    return { sealed: others.length }
  }
}
