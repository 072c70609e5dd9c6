/** Retention by whole segments, oldest first. */
import type { Disk } from '#lib/disk.ts'
import type { Cursors } from './cursors.ts'
import type { Handles } from './handles.ts'
import { forget } from './recover.ts'
import { lastOf } from './run.ts'
import { indexPath, type Segment, type StreamState } from './segment.ts'
import type { Tail } from './tail.ts'

export interface Limit {
  maxBytes: number
  maxAgeMs: number
}

export interface RetainDeps {
  disk: Disk
  dir: string
  /** closed segments, oldest first */
  closed: Segment[]
  streams: Map<number, StreamState>
  cursors: Cursors
  handles: Handles
  tail: Tail
  /** whether the removal of a file may not be durable yet */
  removed: { unsynced: boolean }
  /** runs something while nothing is being written */
  exclusive<T>(f: () => Promise<T>): Promise<T>
  now(): number
}

/** The first registered consumer that hasn't finished with all of the segment. */
function holder(s: Segment, cursors: Cursors): string | undefined {
  for (const name of cursors.consumers) {
    for (const [stream, run] of s.index.runs) if (cursors.get(name, stream) < lastOf(run)) return name
  }
  return undefined
}

async function drop(d: RetainDeps, s: Segment): Promise<void> {
  if (d.removed.unsynced) await d.disk.syncDir(d.dir)
  d.removed.unsynced = true
  await d.disk.unlink(s.path)
  d.closed.shift()
  for (const stream of s.index.runs.keys()) d.streams.get(stream)?.segments.shift()
  await d.handles.drop(s.path)
  await d.disk.unlink(indexPath(d.dir, s.number)).catch(() => {}) // may not have been written
  await d.disk.syncDir(d.dir) // one by one: after a power cut no segment is missing between two others
  d.removed.unsynced = false
}

/** As DeviceLog.retain. The segment that is being written is closed first when it is beyond the limits itself. */
export async function retain(d: RetainDeps, limit: Limit): Promise<{ droppedBytes: number; bytes: number; heldBackBy?: string }> {
  const total = () => d.closed.reduce((n, s) => n + s.end, d.tail.segment.end)
  const tooMuch = (s: Segment) => total() > limit.maxBytes || s.index.newest < d.now() - limit.maxAgeMs
  let droppedBytes = 0
  let heldBackBy: string | undefined
  await d.cursors.flush().catch(() => {}) // best so, but a full disk must not keep us from making room
  for (;;) {
    const oldest = d.closed[0] ?? d.tail.segment
    if (oldest.index.runs.size === 0 && !oldest.closed) break
    if (!tooMuch(oldest)) break
    heldBackBy = holder(oldest, d.cursors)
    if (heldBackBy !== undefined) break
    if (!oldest.closed) await d.exclusive(() => d.tail.roll())
    droppedBytes += oldest.end
    await drop(d, oldest)
  }
  const known = new Set(d.streams.keys())
  forget(d.streams, (d.closed[0] ?? d.tail.segment).number)
  for (const stream of known) if (!d.streams.has(stream)) d.cursors.drop(stream)
  return { droppedBytes, bytes: total(), ...(heldBackBy !== undefined && { heldBackBy }) }
}
