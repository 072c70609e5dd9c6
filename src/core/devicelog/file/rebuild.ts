/** The index of a closed segment, made again from the segment itself. */
import { type Disk, withFile } from '#lib/disk.ts'
import { addBatch, newIndex, type SegmentIndex } from './run.ts'
import { scanFrames } from './scan.ts'
import { damaged, type Segment } from './segment.ts'

/** Reads and checks the whole segment; throws `log_damaged`. `pace` may wait after each frame. */
export async function buildIndex(disk: Disk, s: Segment, pace?: (bytes: number) => Promise<void>): Promise<SegmentIndex> {
  const index = newIndex()
  const found = await withFile(disk, s.path, 'read', (fd) =>
    scanFrames(
      disk,
      fd,
      s.salt,
      s.start,
      s.end,
      {
        batch: (stream, seq, time, offset, size) => void addBatch(index, stream, seq, time, offset, size),
        seal() {},
      },
      pace,
    ),
  )
  if (found.stop !== 'limit') throw damaged(s.path, found.end, found.stop === 'cut' ? 'the file is cut short' : 'no whole commit')
  return index
}
