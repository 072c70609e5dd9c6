/**
 * The log from its end towards its beginning: batches of all streams, the latest first. A place in it is one batch, (time, stream, number),
 * and how many of its records are still to be seen; streams that began later are not looked at, and of all others those batches that come
 * behind it, so that nothing need be remembered between two calls.
 */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import { PandoError } from '#lib/errors.ts'

export interface LogPlace {
  time: number
  stream: number
  seq: number
  /** records of the batch that come before the place */
  records: number
}

/** Batches that are read at once, more each time. */
const MOST_AT_ONCE = 64
const READ_BYTES = 4 << 20
/** When a stream began is in its number (core/devicelog/batch.ts). */
const STREAMS_A_MS = 2048

type Log = Pick<DeviceLog, 'read' | 'streams'>

/** One stream, read towards its beginning. */
class Backwards {
  private readonly log: Log
  private readonly info: StreamInfo
  /** oldest first */
  private loaded: Buffer[] = []
  private next: number
  private atOnce = 1

  constructor(log: Log, info: StreamInfo) {
    this.log = log
    this.info = info
    this.next = info.last
  }

  async one(seq: number): Promise<Buffer | undefined> {
    return (await this.log.read(this.info.stream, seq - 1, 1))[0]
  }

  /** From the last batch on that is not behind the moment. */
  async seek(isBehind: (b: Buffer) => boolean): Promise<void> {
    let [low, high] = [this.info.first - 1, this.info.last]
    while (low < high) {
      // what is wanted is often the last
      const middle = high === this.info.last ? high : Math.ceil((low + high) / 2)
      const b = await this.one(middle)
      if (b === undefined || isBehind(b)) high = middle - 1
      else low = middle
    }
    this.next = high
  }

  from(seq: number): void {
    this.next = seq
  }

  async peek(): Promise<Buffer | undefined> {
    if (this.loaded.length === 0) await this.load()
    return this.loaded.at(-1)
  }

  take(): void {
    this.loaded.pop()
  }

  private async load(): Promise<void> {
    if (this.next < this.info.first) return
    const from = Math.max(this.info.first, this.next - this.atOnce + 1)
    let found = await this.log.read(this.info.stream, from - 1, READ_BYTES)
    found = found.filter((b) => batchHead(b).seq <= this.next)
    // more than fits into one read: its end is what is wanted
    if (found.length > 0 && batchHead(found.at(-1)!).seq < this.next)
      found = await this.log.read(this.info.stream, this.next - 1, 1)
    this.atOnce = Math.min(this.atOnce * 4, MOST_AT_ONCE)
    this.loaded = found
    // dropped meanwhile
    this.next = found.length > 0 ? batchHead(found[0]!).seq - 1 : 0
  }
}

export interface Step {
  batch: Buffer
  place: LogPlace
}

/** Batches before the place, or from the end; those that were closed before `from` are left out, and those well after `to`. */
export async function* backwards(
  log: Log,
  { before, from = 0, to }: { before?: LogPlace; from?: number; to?: number },
): AsyncGenerator<Step> {
  const open: Backwards[] = []
  for (const info of await log.streams()) {
    const begun = info.stream / STREAMS_A_MS
    if (info.first > info.last || begun > Math.min(before?.time ?? Number.POSITIVE_INFINITY, to ?? Number.POSITIVE_INFINITY))
      continue
    const stream = new Backwards(log, info)
    if (before?.stream === info.stream) stream.from(before.seq)
    else if (before) await stream.seek((b) => isAfter(batchHead(b), before))
    // records of a batch are older than when it was closed, by what a writer may wait
    else if (to !== undefined) await stream.seek((b) => batchHead(b).time >= to + SLACK_MS)
    open.push(stream)
  }
  for (;;) {
    let latest: { stream: Backwards; batch: Buffer } | undefined
    for (const stream of [...open]) {
      const batch = await stream.peek()
      if (!batch || batchHead(batch).time < from) open.splice(open.indexOf(stream), 1)
      else if (!latest || isAfter(batchHead(batch), batchHead(latest.batch))) latest = { stream, batch }
    }
    if (!latest) return
    const { batch, stream } = latest
    stream.take()
    const { time, stream: number, seq, count } = batchHead(batch)
    const begun = before?.stream === number && before.seq === seq ? before.records : count
    yield { batch, place: { time, stream: number, seq, records: begun } }
  }
}

const SLACK_MS = 60_000

type Head = Pick<LogPlace, 'time' | 'stream' | 'seq'>
const isAfter = (a: Head, b: Head): boolean =>
  a.time !== b.time ? a.time > b.time : a.stream !== b.stream ? a.stream > b.stream : a.seq > b.seq

export const placeText = ({ time, stream, seq, records }: LogPlace): string => `${time}.${stream}.${seq}.${records}`

export function readPlace(text: string): LogPlace {
  const m = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.(\d{1,9})$/.exec(text)
  if (!m) throw new PandoError('invalid', 'cursor: not one that was given', { field: 'cursor' })
  const [time, stream, seq, records] = m.slice(1).map(Number) as [number, number, number, number]
  return { time, stream, seq, records }
}
