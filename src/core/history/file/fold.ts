import { DAY } from './records.ts'
import type { RunWriter } from './runwriter.ts'
import { beginSegment, packRecord } from './segment.ts'
import { offsetOf, sortedPositions, type Tail, timeAt } from './tail.ts'

/** A block is closed at the first of these. */
export const BLOCK_RECORDS = 512
export const BLOCK_BYTES = 16384

/** Gives way to others now and then; awaited between two steps of a long job. */
export type Pause = () => Promise<void> | undefined

/** Writes all records of a day in the tail as blocks of a run. */
export async function foldDay(tail: Tail, day: number, into: RunWriter, pause: Pause): Promise<void> {
  const from = tail.days.size === 1 ? Number.NEGATIVE_INFINITY : day * DAY
  const to = tail.days.size === 1 ? Number.POSITIVE_INFINITY : (day + 1) * DAY
  const devices = tail.devices.keys.slice(0, tail.devices.count).sort()
  for (const device of devices) {
    const positions = sortedPositions(tail, device, from, to)
    for (let at = 0; at < positions.length; ) {
      const end = blockEnd(tail, positions, at)
      const written = foldBlock(tail, day, device, positions, at, end, into)
      if (written !== undefined) await written
      at = end
    }
    const wait = pause()
    if (wait !== undefined) await wait
  }
}

type Written = Promise<void> | undefined

function foldBlock(
  tail: Tail,
  day: number,
  device: number,
  positions: number[],
  from: number,
  to: number,
  into: RunWriter,
): Written {
  const t0 = timeAt(tail, positions[from]!)
  into.begin()
  beginSegment(into.out, to - from, t0, day * DAY)
  for (let i = from; i < to; i++) {
    const p = positions[i]!
    packRecord(into.out, tail.piece(p), tail.view(p), offsetOf(p))
  }
  return into.end(device, t0, timeAt(tail, positions[to - 1]!), to - from)
}

function blockEnd(tail: Tail, positions: readonly number[], from: number): number {
  const last = Math.min(positions.length, from + BLOCK_RECORDS)
  let bytes = 0
  let to = from
  while (to < last && bytes < BLOCK_BYTES) {
    const p = positions[to++]!
    bytes += tail.view(p).getUint32(offsetOf(p), true)
  }
  return to
}
