/** Where an application begins in each stream of the log. */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'

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

/** The last seq whose batch was closed before `time`, found by halving: times grow along a stream. */
async function lastBefore(log: Log, { stream, first, last }: StreamInfo, time: number): Promise<number> {
  let below = first - 1
  let above = last + 1
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    const [batch] = await log.read(stream, middle - 1, 1)
    if (batch && batchHead(batch).time < time) below = middle
    else above = middle
  }
  return Math.max(0, below)
}
