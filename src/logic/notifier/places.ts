/** Where an application begins in each stream of the log. */
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import { lastBefore } from '#logic/shared/lastbefore.ts'

type Log = Pick<DeviceLog, 'read' | 'streams' | 'cursor'>

/**
 * stream → seq up to which the application has nothing (more) to get: its stored cursor, or what lay in the log before the application
 * was made. New applications are not told of the past.
 */
export async function places(log: Log, consumer: string, createdAt: number): Promise<Map<number, number>> {
  const place = async (info: StreamInfo): Promise<[number, number]> => {
    const stored = await log.cursor(consumer, info.stream)
    return [info.stream, stored > 0 ? stored : await lastBefore(log, info, createdAt)]
  }
  const all = await Promise.all((await log.streams()).map(place))
  return new Map(all.filter(([, seq]) => seq > 0))
}
