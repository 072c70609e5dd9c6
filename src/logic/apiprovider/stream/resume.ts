/** From a place that a listener had reached to where it reads on, and whether something between is not in the log any more. */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import { lastBefore } from '#logic/shared/lastbefore.ts'
import type { Place } from './place.ts'

type Log = Pick<DeviceLog, 'read' | 'streams'>

export interface Resumed {
  /** for every stream of the log */
  read: Map<number, number>
  /** records may be missing; `until`: from this arrival on all are there, ms since 1970 */
  gap?: { until: number }
}

/** `idle`: streams that have not moved for long, and when the last batch of each was closed. */
export async function resume(log: Log, place: Place, idle: ReadonlyMap<number, number>, now: number): Promise<Resumed> {
  const infos = await log.streams()
  const read = new Map<number, number>()
  for (const info of infos) read.set(info.stream, await placeIn(log, info, place, idle))
  if (place.since <= now && isWhole(infos, place)) return { read }
  return { read, gap: { until: await oldest(log, infos, now) } }
}

async function placeIn(log: Log, info: StreamInfo, place: Place, idle: ReadonlyMap<number, number>): Promise<number> {
  const had = place.read.get(info.stream)
  if (had !== undefined) return Math.min(info.last, Math.max(had, info.first - 1))
  const closed = idle.get(info.stream)
  if (closed !== undefined && closed < place.since) return info.last
  return Math.max(info.first - 1, await lastBefore(log, info, place.since))
}

/**
 * Retention drops the oldest first: while a batch is there that had been read, all that came after it is. Of a place whose batches are all
 * gone, or that this log has never reached, nobody can say; nor of one that is of the future.
 */
function isWhole(infos: readonly StreamInfo[], { read, part }: Place): boolean {
  if (read.size === 0) return infos.every((i) => i.first === 1)
  const named = infos.filter((i) => read.has(i.stream))
  const had = (i: StreamInfo) => (part?.stream === i.stream ? part.seq : read.get(i.stream)!)
  if (named.some((i) => i.first > read.get(i.stream)! + 1 || had(i) > i.last)) return false
  return named.some((i) => had(i) >= i.first)
}

async function oldest(log: Log, infos: readonly StreamInfo[], now: number): Promise<number> {
  let until = 0
  for (const { stream, first, last } of infos) {
    if (first === 1 || first > last) continue
    const [batch] = await log.read(stream, first - 1, 1)
    if (batch) until = Math.max(until, batchHead(batch).time)
  }
  return until || now
}
