/** Opening: what is there, is it whole, and where does it end. Writes nothing that a second try could not write again. */
import { join } from 'node:path'
import { type Disk, withFile } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { claimedHeadSize, decodeHead, FORMAT, FRAME, HEAD, type SegmentHead } from './frame.ts'
import { readIndex } from './index-file.ts'
import { buildIndex } from './rebuild.ts'
import { addBatch, lastOf, newIndex } from './run.ts'
import { lookBehind, type ScanEnd, scanFrames, type Visit } from './scan.ts'
import { damaged, ifMissing, indexPath, newStreamState, type Segment, type StreamState, segmentPath } from './segment.ts'

export interface Recovered {
  /** oldest first; the last one is open */
  segments: Segment[]
  streams: Map<number, StreamState>
  /** bytes of a torn last commit that were cut off */
  cut: number
  /** closed segments without a usable index file */
  unindexed: Segment[]
}

/** Numbers of the segments in the folder, in order. */
export const segmentNumbers = async (disk: Disk, dir: string): Promise<number[]> =>
  (await disk.readdir(dir)).flatMap((n) => (n.endsWith('.seg') ? [Number.parseInt(n, 10)] : [])).sort((a, b) => a - b)

/** The same; removes what an interrupted change left behind. */
async function listSegments(disk: Disk, dir: string): Promise<number[]> {
  const names = new Set(await disk.readdir(dir))
  const numbers: number[] = []
  for (const n of names) {
    const [, digits, kind] = filePattern.exec(n) ?? []
    if (kind === 'seg') numbers.push(Number(digits))
    else if (n.endsWith('.tmp') || (kind === 'idx' && !names.has(`${digits}.seg`))) await disk.unlink(join(dir, n))
  }
  return numbers.sort((a, b) => a - b)
}

export async function readHead(disk: Disk, path: string, number: number): Promise<SegmentHead & { fileSize: number }> {
  const { b, fileSize } = await withFile(disk, path, 'read', async (fd) => {
    const size = await disk.size(fd)
    const first = Buffer.alloc(Math.min(HEAD, size))
    await disk.read(fd, first, 0)
    const whole = Buffer.alloc(Math.min(size, Math.max(claimedHeadSize(first), HEAD)))
    await disk.read(fd, whole, 0)
    return { b: whole, fileSize: size }
  })
  const head = decodeHead(b)
  if (!head) throw damaged(path, 0, fileSize < HEAD ? 'the file is cut short' : 'its head')
  if (head.format !== FORMAT) {
    throw new PandoError('version_mismatch', `${path} has format ${head.format}; this version of Pando reads format ${FORMAT}`, {
      file: path,
      format: head.format,
      supported: FORMAT,
    })
  }
  if (head.number !== number) throw damaged(path, 0, `it is segment ${head.number}`)
  return { ...head, fileSize }
}

/** A segment that another follows: its length is known, its index lies beside it. */
async function openClosed(
  disk: Disk,
  dir: string,
  head: SegmentHead & { fileSize: number },
  end: number,
): Promise<[Segment, boolean]> {
  const path = segmentPath(dir, head.number)
  if (head.fileSize < end) throw damaged(path, head.fileSize, `the file is cut short, ${end} bytes were written`)
  const s: Segment = { number: head.number, path, salt: head.salt, start: head.size, end, index: newIndex(), closed: true }
  const index = await readIndex(disk, indexPath(dir, head.number), end, head.salt).catch(ifMissing)
  s.index = index ?? (await buildIndex(disk, s))
  return [s, index !== undefined]
}

/** The last segment: read whole, its end made durable, a torn last commit cut off. */
async function openLast(
  disk: Disk,
  dir: string,
  head: SegmentHead & { fileSize: number },
  visitor: (s: Segment) => Visit,
): Promise<{ segment: Segment; cut: number }> {
  const path = segmentPath(dir, head.number)
  const s: Segment = {
    number: head.number,
    path,
    salt: head.salt,
    start: head.size,
    end: head.size,
    index: newIndex(),
    closed: false,
  }
  const cut = await withFile(disk, path, 'write', async (fd) => {
    const found = await scanFrames(disk, fd, head.salt, head.size, head.fileSize, visitor(s))
    s.end = found.end
    if (found.stop === 'cut' || found.stop === 'limit' || found.end + FRAME > head.fileSize) {
      throw damaged(path, head.fileSize, 'the file is cut short')
    }
    // A torn write can only be the last commit: behind it stands no other.
    const behind = await lookBehind(disk, fd, head.salt, found.end + 1, head.fileSize)
    if (behind.frame >= 0) throw damaged(path, found.end, `not whole, but a later commit stands at ${behind.frame}`)
    await settle(disk, fd, found, Math.max(behind.dirtyEnd, found.end + FRAME))
    return found.stop === 'bad' && behind.dirtyEnd > found.end + 1 ? behind.dirtyEnd - found.end : 0
  })
  return { segment: s, cut }
}

/**
 * Makes durable what the scan has seen. The last commit is written again: after a failed sync the page cache may hold, as clean,
 * what the disk does not. What lies behind it becomes zeros.
 */
async function settle(disk: Disk, fd: number, found: ScanEnd, dirtyEnd: number): Promise<void> {
  if (found.stop !== 'mark' && found.lastFrame < found.end) {
    const b = Buffer.allocUnsafe(found.end - found.lastFrame)
    await disk.read(fd, b, found.lastFrame)
    await disk.write(fd, b, found.lastFrame)
    await disk.sync(fd)
  }
  await disk.write(fd, Buffer.alloc(dirtyEnd - found.end), found.end)
  await disk.sync(fd)
}

const filePattern = /^(\d{8,})\.(seg|idx)$/

/** Everything in the folder; undefined when there is no segment yet, and `atLeast`, the newest ever heard of, is 0. Throws `log_damaged` or `version_mismatch`, naming the file. */
export async function recover(disk: Disk, dir: string, atLeast: number): Promise<Recovered | undefined> {
  const numbers = await listSegments(disk, dir)
  const newest = numbers.at(-1) ?? 0
  if (newest < atLeast) throw damaged(segmentPath(dir, atLeast), 0, 'the file is missing')
  if (newest === 0) return undefined
  const last = await readHead(disk, segmentPath(dir, newest), newest)
  await dropOlder(disk, dir, numbers, last.oldest)
  numbers.forEach((n, i) => {
    if (n !== numbers[0]! + i) throw damaged(segmentPath(dir, numbers[0]! + i), 0, 'the file is missing')
  })
  numbers.pop()
  const heads = await inOrder(numbers, 16, (n) => readHead(disk, segmentPath(dir, n), n))
  const closed = await inOrder(heads, 16, (h, i) => openClosed(disk, dir, h, (heads[i + 1] ?? last).previousEnd))
  const segments = closed.map(([s]) => s)

  const streams = new Map<number, StreamState>()
  for (const { stream, last: seq, sealed, touched } of last.streams) {
    streams.set(stream, { ...newStreamState(stream), last: seq, sealed, touched })
  }
  for (const s of segments) for (const stream of s.index.runs.keys()) link(streams, s, stream)
  for (const state of streams.values()) checkEnd(state)

  const tail = await openLast(disk, dir, last, (s) => visitor(streams, s))
  segments.push(tail.segment)
  forget(streams, segments[0]!.number)
  return { segments, streams, cut: tail.cut, unindexed: closed.filter(([, indexed]) => !indexed).map(([s]) => s) }
}

/** Segments that had been dropped, but whose removal a power cut undid. */
async function dropOlder(disk: Disk, dir: string, numbers: number[], oldest: number): Promise<void> {
  while (numbers[0]! < oldest) await disk.unlink(segmentPath(dir, numbers.shift()!))
}

/** Adds a closed segment to the stream; its batches must continue those before. */
function link(streams: Map<number, StreamState>, s: Segment, stream: number): void {
  const state = streams.get(stream)
  if (!state) throw damaged(s.path, 0, `stream ${stream} is missing in a later segment`)
  const before = state.segments[state.segments.length - 1]
  const run = s.index.runs.get(stream)!
  if (before && lastOf(before.index.runs.get(stream)!) + 1 !== run.first) {
    throw damaged(s.path, 0, `stream ${stream} goes on at seq ${run.first}, not ${lastOf(before.index.runs.get(stream)!) + 1}`)
  }
  state.segments.push(s)
}

function checkEnd(state: StreamState): void {
  const s = state.segments[state.segments.length - 1]
  const last = s && lastOf(s.index.runs.get(state.stream)!)
  if (last !== undefined && last !== state.last) {
    throw damaged(s!.path, s!.end, `stream ${state.stream} ends at seq ${last}, not ${state.last}`)
  }
}

function visitor(streams: Map<number, StreamState>, s: Segment): Visit {
  const get = (stream: number): StreamState => {
    const state = streams.get(stream) ?? newStreamState(stream)
    streams.set(stream, state)
    state.touched = s.number
    return state
  }
  return {
    batch(stream, seq, time, offset, size) {
      const state = get(stream)
      if (seq !== state.last + 1) throw damaged(s.path, offset, `stream ${stream} goes on at seq ${seq}, not ${state.last + 1}`)
      state.last = seq
      if (state.segments[state.segments.length - 1] !== s) state.segments.push(s)
      addBatch(s.index, stream, seq, time, offset, size)
    },
    seal(stream) {
      get(stream).sealed = true
    },
  }
}

/** Sealed streams that are wholly dropped are forgotten. */
export function forget(streams: Map<number, StreamState>, oldest: number): void {
  for (const [id, s] of streams) if (s.sealed && s.segments.length === 0 && s.touched < oldest) streams.delete(id)
}

/** `f` of each item, a few at a time, results in order. */
async function inOrder<A, B>(items: readonly A[], width: number, f: (item: A, i: number) => Promise<B>): Promise<B[]> {
  const out: B[] = []
  for (let i = 0; i < items.length; i += width) {
    out.push(...(await Promise.all(items.slice(i, i + width).map((item, k) => f(item, i + k)))))
  }
  return out
}
