import { batchHead, checkBatch } from '#core/devicelog/batch.ts'
import type { Disk } from '#lib/disk.ts'
import { decodeFrame, FRAME, type Frame, findFrame, frameKind } from './frame.ts'

/** What a scan meets, in order. */
export interface Visit {
  batch(stream: number, seq: number, time: number, offset: number, size: number): void
  seal(stream: number, last: number): void
}

export interface ScanEnd {
  /** where the last whole frame ended */
  end: number
  /** where the last whole frame began (its head included); `end` if there was none */
  lastFrame: number
  /**
   * `limit`: all up to the limit was whole; `mark`: a mark stands at `end`; `cut`: a frame goes on beyond the limit, or there is no
   * room for the frame that must follow; `bad`: no whole frame at `end`.
   */
  stop: 'limit' | 'mark' | 'cut' | 'bad'
}

const WINDOW = 1 << 20

/** A window over a file that moves forward. */
function windowOf(disk: Disk, fd: number, limit: number) {
  let buffer = Buffer.allocUnsafeSlow(WINDOW)
  let bytes = buffer.subarray(0, 0)
  let base = 0
  return {
    /** Bytes of the file from `offset` on, until the next call: at least `size`, or as many as there are before the limit. */
    async at(offset: number, size: number): Promise<Buffer> {
      if (offset < base || offset + size > base + bytes.length) {
        if (size > buffer.length) buffer = Buffer.allocUnsafeSlow(size)
        const b = buffer.subarray(0, Math.max(0, Math.min(limit - offset, buffer.length)))
        bytes = b.subarray(0, await disk.read(fd, b, offset))
        base = offset
      }
      return bytes.subarray(offset - base)
    },
  }
}

/** Calls `visit` for the batches of a whole frame; false if one of them is damaged. */
function visitFrame(b: Buffer, f: Frame, offset: number, visit: Visit): boolean {
  if (f.kind === frameKind.seal) {
    visit.seal(f.a, f.b)
    return f.size === FRAME
  }
  const found: [number, number][] = []
  let p = FRAME
  for (let i = 0; i < f.count; i++) {
    if (!checkBatch(b.subarray(0, f.size), p)) return false
    const size = batchHead(b, p).size
    found.push([p, size])
    p += size
  }
  if (p !== f.size) return false
  for (const [at, size] of found) {
    const h = batchHead(b, at)
    visit.batch(h.stream, h.seq, h.time, offset + at, size)
  }
  return true
}

/** Reads the frames of a segment from `start` to `limit`, checking all; stops at the first that isn't whole. */
export async function scanFrames(
  disk: Disk,
  fd: number,
  salt: Buffer,
  start: number,
  limit: number,
  visit: Visit,
  pace?: (bytes: number) => Promise<void>,
): Promise<ScanEnd> {
  const window = windowOf(disk, fd, limit)
  let end = start
  let lastFrame = start
  for (;;) {
    if (end === limit) return { end, lastFrame, stop: 'limit' }
    const head = await window.at(end, FRAME)
    if (head.length < FRAME) return { end, lastFrame, stop: 'cut' }
    const f = decodeFrame(head, 0, end, salt)
    if (!f) return { end, lastFrame, stop: 'bad' }
    if (f.kind === frameKind.mark) return { end, lastFrame, stop: 'mark' }
    if (end + f.size > limit) return { end, lastFrame, stop: 'cut' }
    const b = await window.at(end, f.size)
    if (b.length < f.size) return { end, lastFrame, stop: 'cut' }
    if (!visitFrame(b, f, end, visit)) return { end, lastFrame, stop: 'bad' }
    await pace?.(f.size)
    lastFrame = end
    end += f.size
  }
}

/** What lies behind the end of the tail: the first later frame (-1 if none), and the end of what isn't zero. */
export async function lookBehind(
  disk: Disk,
  fd: number,
  salt: Buffer,
  from: number,
  size: number,
): Promise<{ frame: number; dirtyEnd: number }> {
  const zero = Buffer.alloc(WINDOW)
  const buffer = Buffer.allocUnsafeSlow(WINDOW)
  let dirtyEnd = from
  for (let p = from; p < size; ) {
    const b = buffer.subarray(0, Math.min(WINDOW, size - p))
    const n = await disk.read(fd, b, p)
    if (n === 0) break
    const chunk = b.subarray(0, n)
    if (!chunk.equals(zero.subarray(0, n))) {
      const frame = findFrame(chunk, p, salt)
      if (frame >= 0) return { frame, dirtyEnd }
      let i = n
      while (i > 0 && chunk[i - 1] === 0) i--
      dirtyEnd = p + i
    }
    if (n === size - p) break
    p += Math.max(1, n - FRAME + 1) // a frame may lie across two chunks
  }
  return { frame: -1, dirtyEnd }
}
