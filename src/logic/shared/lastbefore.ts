import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'

/**
 * The last seq whose batch was closed before `time`: times grow along a stream. Looked for from its end in steps that double, then by halving,
 * since it is mostly asked for what has just been.
 */
export async function lastBefore(
  log: Pick<DeviceLog, 'read'>,
  { stream, first, last }: StreamInfo,
  time: number,
): Promise<number> {
  const isBefore = async (seq: number): Promise<boolean> => {
    const [batch] = await log.read(stream, seq - 1, 1)
    return batch !== undefined && batchHead(batch).time < time
  }
  let below = first - 1
  let above = last + 1
  for (let step = 1; above - below > 1; step *= 2) {
    const seq = Math.max(first, above - step)
    if (await isBefore(seq)) {
      below = seq
      break
    }
    above = seq
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    if (await isBefore(middle)) below = middle
    else above = middle
  }
  return Math.max(0, below)
}
