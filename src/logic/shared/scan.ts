/** Looks through a batch without making objects of what nobody wants. */
import { at, BATCH_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { onlineOf } from './body.ts'

/** A record that somebody wants: where it lies, and its number in the batch. */
export interface Wanted {
  p: number
  size: number
  index: number
  kind: number
}

/** Records whose kind is in the mask (bit `1 << kind`), in order. What is told late is no news (LATE). */
export function wanted(b: Buffer, mask: number): Wanted[] {
  const found: Wanted[] = []
  const end = b.readUInt32LE(8)
  for (let p = BATCH_HEADER, index = 0; p < end; index++) {
    const size = b.readUInt32LE(p)
    const kind = b[p + at.kind]!
    const again = b[p + at.flags]! & recordFlag.late
    if (kind < 31 && mask & (1 << kind) && again === 0) found.push({ p, size, index, kind })
    p += size
  }
  return found
}

/** The places in other streams that must have been read before this batch: sessions that its devices had there (`after`). */
export function predecessors(b: Buffer): { stream: number; seq: number }[] {
  const found: { stream: number; seq: number }[] = []
  for (const { p, size } of wanted(b, 1 << recordKind.online)) {
    const { after } = onlineOf(b, p, p + size)
    if (after) found.push(after)
  }
  return found
}
