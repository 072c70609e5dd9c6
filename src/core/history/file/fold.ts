import { DAY } from './records.ts'
import type { RunWriter } from './runwriter.ts'
import { beginSegment, packRecord } from './segment.ts'
import { offsetOf, Picked, type Tail } from './tail.ts'

/** A block is closed at the first of these. */
export const BLOCK_RECORDS = 512
export const BLOCK_BYTES = 16384

/** Gives way to others now and then; awaited between two steps of a long job. */
export type Pause = () => Promise<void> | undefined

/** Writes all records of a day in the tail as blocks of a run. */
export async function foldDay(tail: Tail, day: number, into: RunWriter, pause: Pause): Promise<void> {
  const whole = tail.days.size === 1
  const from = whole ? Number.NEGATIVE_INFINITY : day * DAY
  const to = whole ? Number.POSITIVE_INFINITY : from + DAY
  const picked = new Picked()
  for (const device of tail.devices.keys.slice(0, tail.devices.count).sort()) {
    tail.pick(device, from, to, picked)
    while (picked.begin < picked.end) {
      const written = foldBlock(tail, day, device, picked, into)
      if (written !== undefined) await written
    }
    const wait = pause()
    if (wait !== undefined) await wait
  }
}

/** Writes the first of what is picked as a block. */
function foldBlock(tail: Tail, day: number, device: number, picked: Picked, into: RunWriter): Promise<void> | undefined {
  const { positions, times, begin } = picked
  const end = blockEnd(picked)
  const { out } = into
  into.begin()
  beginSegment(out, end - begin, times[begin]!, day * DAY)
  for (let i = begin; i < end; i++) {
    const position = positions[i]!
    packRecord(out, tail.piece(position), tail.view(position), offsetOf(position), times[i]!)
  }
  picked.begin = end
  return into.end(device, times[begin]!, times[end - 1]!, end - begin)
}

function blockEnd({ sizes, begin, end }: Picked): number {
  const last = Math.min(end, begin + BLOCK_RECORDS)
  let bytes = 0
  let to = begin
  while (to < last && bytes < BLOCK_BYTES) bytes += sizes[to++]!
  return to
}
