/** Reads the log on from given places to its end, streams merged by the time of their batches. */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { predecessors } from './scan.ts'

export interface ReadOptions {
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  /** stream → last seq that is known to be in the log */
  known: Map<number, number>
  /** last seq of the stream that has been read */
  position(stream: number): number
  /** the stream has been read up to here */
  moved(stream: number, seq: number): void
  /** See deal.ts. */
  deal(batch: Buffer): Promise<void> | undefined
  /** a promise: wait before reading more */
  room(): Promise<void> | undefined
  stopped(): boolean
}

const READ_BYTES = 256 * 1024

/** Resolves when nothing known is left, or it was stopped. Rejects when log or registry do not answer: call again later. */
export async function readOn(o: ReadOptions): Promise<void> {
  const chunks = new Map<number, Buffer[]>()
  while (!o.stopped()) {
    const wait = o.room()
    if (wait !== undefined) {
      await wait
      continue
    }
    await fill(o, chunks)
    const batch = next(o, chunks)
    if (!batch) return
    for (let fetching = o.deal(batch); fetching !== undefined; fetching = o.deal(batch)) await fetching
    const { stream, seq } = batchHead(batch)
    chunks.get(stream)!.shift()
    o.moved(stream, seq)
  }
}

/** Sees to it that the next batch of each stream that has one is at hand. */
async function fill(o: ReadOptions, chunks: Map<number, Buffer[]>): Promise<void> {
  for (const [stream, last] of o.known) {
    const from = o.position(stream)
    if (from >= last || chunks.get(stream)?.length) continue
    const read = await o.devicelog.read(stream, from, READ_BYTES)
    chunks.set(stream, read)
    if (read.length === 0) await missed(o, stream, last)
  }
}

/** Nothing can be read where something should be: retention has dropped it, or the log does not show it yet. */
async function missed(o: ReadOptions, stream: number, last: number): Promise<void> {
  const info = (await o.devicelog.streams()).find((s) => s.stream === stream)
  if (info && info.first <= info.last && info.last > o.position(stream))
    throw new Error('the log does not show yet what was announced')
  o.moved(stream, last)
}

function next(o: ReadOptions, chunks: Map<number, Buffer[]>): Buffer | undefined {
  const heads = [...chunks.values()].flatMap((list) => (list[0] ? [list[0]] : []))
  if (heads.length < 2) return heads[0]
  heads.sort((a, b) => batchHead(a).time - batchHead(b).time)
  return heads.find((b) => mayFollow(b, o)) ?? heads[0]
}

/** Whether all that its devices did before, in sessions at other nodes, has been read: order for a device across streams. */
export function mayFollow(batch: Buffer, o: Pick<ReadOptions, 'known' | 'position'>): boolean {
  return predecessors(batch).every(({ stream, seq }) => o.position(stream) >= Math.min(seq, o.known.get(stream) ?? 0))
}
