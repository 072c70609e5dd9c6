/** Where an application begins in each stream of the log. */
import type { DeviceLog } from '#core/devicelog/port.ts'
import { lastBefore } from '#logic/shared/lastbefore.ts'

type Log = Pick<DeviceLog, 'read' | 'streams' | 'cursor'>

/**
 * stream → seq up to which the application has nothing (more) to get: its stored cursor, or what lay in the log before the application
 * was made. New applications are not told of the past.
 */
export async function places(log: Log, consumer: string, createdAt: number): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  for (const info of await log.streams()) {
    const stored = await log.cursor(consumer, info.stream)
    const seq = stored > 0 ? stored : await lastBefore(log, info, createdAt)
    if (seq > 0) found.set(info.stream, seq)
  }
  return found
}
