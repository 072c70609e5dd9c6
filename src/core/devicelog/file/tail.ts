/** The segment that is being written: room ahead of the writer, and the change to the next segment. */
import { type Disk, withFile } from '#lib/disk.ts'
import { decodeHead, encodeHead, FRAME, type FrameWriter, frameWriter, type NewHead, type StreamEntry } from './frame.ts'
import { newIndex } from './run.ts'
import { diskError, type Segment, segmentPath } from './segment.ts'

/** After room could not be made ahead. */
const REST_MS = 1000
const zeros = Buffer.alloc(1 << 20)

export interface TailOptions {
  disk: Disk
  dir: string
  segmentBytes: number
  /** how much room is made at a time; a new segment begins with a quarter of it */
  stepBytes: number
  /** what the head of a new segment says */
  streams(): StreamEntry[]
  oldest(): number
  /** a segment has been closed; it gets an index file */
  closed(segment: Segment): void
}

export interface Tail {
  readonly segment: Segment
  /** durable handle of the segment */
  readonly fd: number
  /** makes its frames */
  readonly frames: FrameWriter
  hasRoom(size: number): boolean
  /** Resolves when `size` bytes can be committed, in this segment or the next. */
  makeRoom(size: number): Promise<void>
  /** Begins to make room if little is left. */
  growAhead(): void
  /** Nothing more goes into this segment: the next commit begins another. */
  abandon(): void
  writeMark(frame: Buffer, durable: boolean): Promise<void>
  /** Closes the segment and begins the next. */
  roll(): Promise<void>
  close(): Promise<void>
}

/** Makes the file of a new segment, whole or not at all: a segment that has its name has its head. */
export async function createSegment(disk: Disk, dir: string, room: number, fields: NewHead): Promise<Segment> {
  const { number } = fields
  const path = segmentPath(dir, number)
  const head = encodeHead(fields)
  await withFile(disk, `${path}.tmp`, 'create', async (fd) => {
    await disk.write(fd, head, 0)
    await writeZeros(disk, fd, head.length, roundUp(head.length + FRAME, room))
    await disk.sync(fd)
  })
  await disk.rename(`${path}.tmp`, path)
  await disk.syncDir(dir)
  const { salt } = decodeHead(head)!
  return { number, path, salt, start: head.length, end: head.length, index: newIndex(), closed: false }
}

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step

async function writeZeros(disk: Disk, fd: number, from: number, to: number): Promise<void> {
  for (let p = from; p < to; p += zeros.length) await disk.write(fd, zeros.subarray(0, Math.min(zeros.length, to - p)), p)
}

interface Handles {
  /** every commit through it is durable */
  fd: number
  /** for what needn't be durable at once: room and marks */
  plain: number
  /** durable length of the file */
  room: number
}

async function openHandles(disk: Disk, path: string): Promise<Handles> {
  const fd = await disk.open(path, 'durable')
  try {
    const plain = await disk.open(path, 'write')
    return { fd, plain, room: await disk.size(plain) }
  } catch (e) {
    await disk.close(fd)
    throw e
  }
}

/** Opens the last segment, whose bytes and size are durable, for writing behind its end. */
export async function openTail(first: Segment, options: TailOptions): Promise<Tail> {
  const { disk, dir, segmentBytes, stepBytes } = options
  let segment = first
  let frames = frameWriter(first.salt)
  let { fd, plain, room } = await openHandles(disk, first.path)
  let growing: Promise<void> | undefined
  let restUntil = 0
  /** nothing more may be written to this segment */
  let done = false

  const closeHandles = () => Promise.all([fd, plain].map((h) => disk.close(h).catch(() => {})))
  const fits = (size: number): boolean => segment.end === segment.start || segment.end + size <= segmentBytes
  const hasRoom = (size: number): boolean => !done && fits(size) && segment.end + size + FRAME <= room

  function grow(to: number): Promise<void> {
    growing ??= (async () => {
      await writeZeros(disk, plain, room, to)
      await syncOrAbandon()
      room = to
    })().finally(() => {
      growing = undefined
    })
    return growing
  }

  async function syncOrAbandon(): Promise<void> {
    try {
      await disk.sync(plain)
    } catch (e) {
      if (diskError(e, '').code !== 'disk_full') done = true
      throw e
    }
  }

  async function makeRoom(size: number): Promise<void> {
    while (!hasRoom(size)) {
      if (done || !fits(size)) await roll()
      else await grow(roundUp(segment.end + size + FRAME, stepBytes))
    }
  }

  function growAhead(): void {
    if (growing || done || room - segment.end > stepBytes / 2 || room > segmentBytes) return
    if (performance.now() < restUntil) return
    grow(Math.min(room + stepBytes, segmentBytes + FRAME)).catch(() => {
      restUntil = performance.now() + REST_MS // whoever needs the room meets the error
    })
  }

  async function roll(): Promise<void> {
    done = true // from here on the next segment may exist and say where this one ends
    await growing?.catch(() => {})
    const next = await createSegment(disk, dir, stepBytes / 4, {
      number: segment.number + 1,
      oldest: options.oldest(),
      previousEnd: segment.end,
      streams: options.streams(),
    })
    const handles = await openHandles(disk, next.path)
    const before = segment
    await closeHandles()
    segment = next
    frames = frameWriter(next.salt)
    ;({ fd, plain, room } = handles)
    done = false
    before.closed = true
    options.closed(before)
  }

  return {
    get segment() {
      return segment
    },
    get fd() {
      return fd
    },
    get frames() {
      return frames
    },
    hasRoom,
    makeRoom,
    growAhead,
    abandon() {
      done = true
    },
    roll,
    async writeMark(frame, durable) {
      if (done || segment.end + FRAME > room) return
      await disk.write(plain, frame, segment.end)
      if (durable) await disk.sync(plain)
    },
    async close() {
      await growing?.catch(() => {})
      await closeHandles()
    },
  }
}
