import { batchHead, checkBatch } from '#core/devicelog/batch.ts'
import type { Disk } from '#lib/disk.ts'
import type { Handles } from './handles.ts'
import { readPlaces } from './index-file.ts'
import { lastOf, unload } from './run.ts'
import { damaged, diskError, ifMissing, indexPath, type Segment, type StreamState } from './segment.ts'

/** At most this much is read at once, unless a single batch is larger. */
const SPAN = 1 << 20
/** Closed segments whose places stay in memory. */
const LOADED = 4
/** Other streams' bytes up to this are read along rather than skipped. */
const GAP = 16 << 10

interface PlacedRun {
  first: number
  count: number
  places: Uint32Array
}

export interface ReaderDeps {
  disk: Disk
  dir: string
  handles: Handles
  /** makes the places of a closed segment again, from the segment itself */
  rebuild(segment: Segment): Promise<void>
}

export interface Reader {
  read(state: StreamState, after: number, maxBytes: number): Promise<Buffer[]>
  /** The checksum in the head of a batch that is stored; undefined where it was dropped. */
  checksum(state: StreamState, seq: number): Promise<number | undefined>
}

export function makeReader({ disk, dir, handles, rebuild }: ReaderDeps): Reader {
  /** segments whose places were loaded, the most recent last */
  const loaded: Segment[] = []

  /** The run with its places, which closed segments keep in their index file. A copy: commits and `unload` change the original. */
  async function places(segment: Segment, stream: number): Promise<PlacedRun> {
    const run = segment.index.runs.get(stream)!
    const { first, count } = run
    if (run.places) return { first, count, places: run.places }
    const found = await loadPlaces(segment, stream)
    if (found) run.places = found
    else await rebuild(segment)
    remember(segment)
    return { first, count, places: found ?? segment.index.runs.get(stream)!.places! }
  }

  function remember(segment: Segment): void {
    const at = loaded.indexOf(segment)
    if (at >= 0) loaded.splice(at, 1)
    loaded.push(segment)
    if (loaded.length > LOADED) unload(loaded.shift()!)
  }

  /** Only what the file says is missing or damaged leads to a rebuild; an error of the disk is one. */
  const loadPlaces = ({ number, end, salt }: Segment, stream: number): Promise<Uint32Array | undefined> =>
    readPlaces(disk, indexPath(dir, number), end, salt, stream).catch(ifMissing)

  /** Batches run[from, to) of one stretch of the file, each checked. */
  async function readSpan(
    segment: Segment,
    stream: number,
    run: PlacedRun,
    from: number,
    to: number,
    out: Buffer[],
  ): Promise<void> {
    const p = run.places
    const start = p[from * 2]!
    const size = p[to * 2 - 2]! + p[to * 2 - 1]! - start
    const b = Buffer.allocUnsafeSlow(size)
    const got = await handles.use(segment.path, (fd) => disk.read(fd, b, start))
    for (let i = from; i < to; i++) {
      const at = p[i * 2]! - start
      const one = b.subarray(at, at + p[i * 2 + 1]!)
      if (at + one.length > got) throw damaged(segment.path, start + at, 'the file is cut short')
      if (!isWhole(one, stream, run.first + i))
        throw damaged(segment.path, start + at, `batch ${run.first + i} of stream ${stream}`)
      out.push(one)
    }
  }

  /** The end of the stretch of batches from `i` that lie close together and fit. */
  function spanEnd(run: PlacedRun, i: number, maxBytes: number): number {
    const p = run.places
    const start = p[i * 2]!
    let bytes = p[i * 2 + 1]!
    let to = i + 1
    for (; to < run.count; to++) {
      const offset = p[to * 2]!
      const size = p[to * 2 + 1]!
      const gap = offset - (p[to * 2 - 2]! + p[to * 2 - 1]!)
      if (bytes + size > maxBytes || gap > GAP || offset + size - start > SPAN) break
      bytes += size
    }
    return to
  }

  async function readRun(segment: Segment, stream: number, from: number, maxBytes: number, out: Buffer[]): Promise<number> {
    const run = await places(segment, stream)
    let left = maxBytes
    for (let i = Math.max(0, from - run.first); i < run.count; ) {
      if (out.length > 0 && run.places[i * 2 + 1]! > left) return 0
      const to = spanEnd(run, i, left)
      await readSpan(segment, stream, run, i, to, out)
      for (; i < to; i++) left -= run.places[i * 2 + 1]!
    }
    return left
  }

  async function read(state: StreamState, after: number, maxBytes: number): Promise<Buffer[]> {
    const { stream } = state
    const out: Buffer[] = []
    let left = maxBytes
    for (const segment of [...state.segments.slice(firstAfter(state, after))]) {
      left = await readRun(segment, stream, after + 1, left, out)
      if (left <= 0) break
    }
    return out
  }

  async function checksum(state: StreamState, seq: number): Promise<number | undefined> {
    const segment = state.segments[firstAfter(state, seq - 1)]
    const run = segment?.index.runs.get(state.stream)
    if (!segment || !run || seq < run.first) return undefined
    const out: Buffer[] = []
    const whole = await places(segment, state.stream)
    await readSpan(segment, state.stream, whole, seq - run.first, seq - run.first + 1, out)
    return out[0]!.readUInt32LE(4)
  }

  const named = <A extends unknown[], R>(f: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> =>
      f(...args).catch((e: unknown) => {
        throw diskError(e, 'the device log cannot be read')
      })
  }
  return { read: named(read), checksum: named(checksum) }
}

function isWhole(b: Buffer, stream: number, seq: number): boolean {
  if (!checkBatch(b)) return false
  const h = batchHead(b)
  return h.size === b.length && h.stream === stream && h.seq === seq
}

/** Index of the stream's first segment that holds something after `after`. */
function firstAfter(state: StreamState, after: number): number {
  let low = 0
  let high = state.segments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (lastOf(state.segments[middle]!.index.runs.get(state.stream)!) > after) high = middle
    else low = middle + 1
  }
  return low
}
