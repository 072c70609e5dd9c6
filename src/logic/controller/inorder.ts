/** Reads parts of several streams as they came about: the oldest batch first, each stream in its own order. */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { oldest, oldestFree } from '#logic/shared/reader.ts'

/** The batches after `after`, up to `last`. */
export interface Part {
  stream: number
  after: number
  last: number
}

/** Of all streams together, where they are not so many that it would be many small reads. */
const READ_BYTES = 4 << 20
const LEAST_BYTES = 64 << 10

/** A stream that has more: `page[at]` comes next. */
interface Open extends Part {
  page: readonly Buffer[]
  at: number
}

/** → how many batches that were. `see` is waited for before the next. */
export async function readInOrder(
  log: Pick<DeviceLog, 'read'>,
  parts: Iterable<Part>,
  see: (batch: Buffer) => Promise<unknown> | undefined,
): Promise<number> {
  const open = new Map<number, Open>()
  for (const part of parts) if (part.after < part.last) open.set(part.stream, { ...part, page: [], at: 0 })
  const bytes = Math.max(LEAST_BYTES, Math.floor(READ_BYTES / Math.max(1, open.size)))

  /** Takes out a stream that has come to its end, or shows no more. */
  async function turnPage(stream: Open): Promise<void> {
    stream.page = stream.after < stream.last ? await log.read(stream.stream, stream.after, bytes) : []
    stream.at = 0
    if (stream.page.length === 0) open.delete(stream.stream)
  }

  for (const stream of [...open.values()]) await turnPage(stream)
  let batches = 0
  for (; open.size > 0; batches++) {
    const stream = next(open)
    const batch = stream.page[stream.at++]!
    const wait = see(batch)
    if (wait !== undefined) await wait
    stream.after = batchHead(batch).seq
    if (stream.at === stream.page.length) await turnPage(stream)
  }
  return batches
}

/** What must wait for another stream comes only if all do. */
function next(open: ReadonlyMap<number, Open>): Open {
  if (open.size === 1) return open.values().next().value!
  const position = (stream: number) => open.get(stream)?.after ?? Number.POSITIVE_INFINITY
  const heads = [...open.values()].map(({ page, at }) => page[at]!)
  return open.get(batchHead((oldestFree(heads, position) ?? oldest(heads))!).stream)!
}
