/** Reads the log on from given places to its end, streams merged by the time of their batches. */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { predecessors } from './scan.ts'

export interface ReadOptions {
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  /** stream → last seq that is known to be in the log: nothing is read beyond it */
  known: Map<number, number>
  /** last seq of the stream that has been read */
  position(stream: number): number
  /** the stream has been read up to here */
  moved(stream: number, seq: number): void
  /** Batches of the stream that are not in the log any more, and are passed over. */
  lost?(stream: number, from: number, to: number): void
  /**
   * Hands the batch on and copies what it keeps. A promise: nothing was dealt, something is being fetched; it is called again with the batch
   * when that has resolved. What could not be taken whole is read again when there is room: `moved` then leaves `position` below it.
   */
  deal(batch: Buffer): Promise<void> | undefined
  /** a promise: wait before reading more */
  room(): Promise<void> | undefined
  stopped(): boolean
}

const READ_BYTES = 256 * 1024

type Chunks = Map<number, Buffer[]>

/** Resolves when nothing known is left, or it was stopped. Rejects when log or registry do not answer: call again later. */
export async function readOn(o: ReadOptions): Promise<void> {
  const chunks: Chunks = new Map()
  const asked = new Set<string>()
  while (!o.stopped()) {
    const wait = o.room()
    if (wait !== undefined) {
      chunks.clear() // nothing is held for who does not take it
      await wait
      continue
    }
    const batch = await next(o, chunks, asked)
    if (!batch) return
    for (let fetching = o.deal(batch); fetching !== undefined; fetching = o.deal(batch)) await fetching
    const { stream, seq } = batchHead(batch)
    chunks.get(stream)!.shift()
    o.moved(stream, seq)
    if (o.position(stream) < seq) chunks.delete(stream)
  }
}

/** The oldest batch of those that come next in their streams; one that must wait for another stream only if that has nothing. */
async function next(o: ReadOptions, chunks: Chunks, asked: Set<string>): Promise<Buffer | undefined> {
  for (;;) {
    await fill(o, chunks)
    const heads = [...chunks.values()].flatMap((list) => (list[0] ? [list[0]] : []))
    const free = oldestFree(heads, o.position)
    if (free || heads.length === 0) return free
    if (!announce(o, heads, asked)) return oldest(heads)
  }
}

/** Sees to it that the next batch of each stream that has one is at hand. */
async function fill(o: ReadOptions, chunks: Chunks): Promise<void> {
  for (const [stream, last] of o.known) {
    const from = o.position(stream)
    if (from >= last || chunks.get(stream)?.length) continue
    const read = await o.devicelog.read(stream, from, READ_BYTES)
    chunks.set(
      stream,
      read.filter((b) => batchHead(b).seq <= last),
    )
    if (read.length === 0) await missed(o, stream, last)
  }
}

/** Nothing can be read where something should be: retention has dropped it, the log does not show it yet, or it never came. */
async function missed(o: ReadOptions, stream: number, last: number): Promise<void> {
  const info = (await o.devicelog.streams()).find((s) => s.stream === stream)
  const from = o.position(stream) + 1
  const dropped = info ? info.first - 1 : last
  if (dropped >= from) {
    o.lost?.(stream, from, dropped)
    o.moved(stream, dropped)
  } else if (info!.last > o.position(stream)) throw new Error('the log does not show yet what was announced')
  else o.known.set(stream, o.position(stream))
}

/** Makes known what batches wait for, each place once. → whether there is something new to look for */
function announce({ known }: ReadOptions, batches: readonly Buffer[], asked: Set<string>): boolean {
  let news = false
  for (const { stream, seq } of batches.flatMap(predecessors)) {
    if (seq <= (known.get(stream) ?? 0) || asked.has(`${stream}/${seq}`)) continue
    asked.add(`${stream}/${seq}`)
    known.set(stream, seq)
    news = true
  }
  return news
}

/** Of equal times the first. */
export function oldest(batches: readonly Buffer[]): Buffer | undefined {
  let found: Buffer | undefined
  for (const b of batches) if (!found || batchHead(b).time < batchHead(found).time) found = b
  return found
}

/** The oldest of those whose turn it may be; undefined: all must wait for batches of other streams. */
export function oldestFree(batches: readonly Buffer[], position: (stream: number) => number): Buffer | undefined {
  const first = oldest(batches)
  if (first === undefined || mayFollow(first, position)) return first
  return oldest(batches.filter((b) => mayFollow(b, position)))
}

/** Whether all that its devices did before, in sessions at other nodes, has been read: order for a device across streams. */
export const mayFollow = (batch: Buffer, position: (stream: number) => number): boolean =>
  predecessors(batch).every(({ stream, seq }) => position(stream) >= seq)
