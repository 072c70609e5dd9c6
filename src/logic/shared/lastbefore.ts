import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'

/** The last seq whose batch was closed before `time`, found by halving: times grow along a stream. */
export async function lastBefore(
  log: Pick<DeviceLog, 'read'>,
  { stream, first, last }: StreamInfo,
  time: number,
): Promise<number> {
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
