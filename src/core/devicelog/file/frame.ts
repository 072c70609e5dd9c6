/**
 * The bytes of a segment file. Little endian.
 *
 *   head : magic u32 | crc u32 of all that follows | size u32 | format u32 | number u32 | count u32 | salt 8 B | oldest segment f64
 *          | end of the segment before f64 | count × (stream f64 | last f64 | touched f64, + 2⁵² when sealed)
 *   frame: magic u32 | crc u32 of the 40 bytes that follow | size u32 | kind u32 | count u32 | offset u32 | salt 8 B
 *          | a f64 | b f64 | batches
 *
 * The head repeats the stream table, so that old segments can be dropped without losing a number. A frame is what one
 * commit wrote. Only frames prove that something was written: the salt, made at random for each segment, keeps a device from
 * forging one inside its own data.
 */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const HEAD_MAGIC = 0x47455350 // "PSEG"
const FRAME_MAGIC = 0x4d524650 // "PFRM"
export const FORMAT = 1
export const HEAD = 48
export const FRAME = 48
const ENTRY = 24
const SEALED = 2 ** 52

export const frameKind = {
  /** `count` batches follow */
  batches: 0,
  /** stream `a` is sealed at seq `b` */
  seal: 1,
  /** all before this place was durable when it was written; the next commit takes its place */
  mark: 2,
} as const

export interface StreamEntry {
  stream: number
  last: number
  sealed: boolean
  /** number of the segment that holds its last batch, or its seal */
  touched: number
}

export interface SegmentHead {
  size: number
  format: number
  number: number
  salt: Buffer
  /** number of the oldest segment when this one was made: any before were dropped */
  oldest: number
  /** durable length of the segment before this one; 0 if this is the first */
  previousEnd: number
  streams: StreamEntry[]
}

export type NewHead = Pick<SegmentHead, 'number' | 'oldest' | 'previousEnd' | 'streams'>

export interface Frame {
  size: number
  kind: number
  count: number
  a: number
  b: number
}

/** The head of a new segment, with a salt of its own. */
export function encodeHead({ number, oldest, previousEnd, streams }: NewHead): Buffer {
  const b = Buffer.alloc(HEAD + streams.length * ENTRY)
  b.writeUInt32LE(HEAD_MAGIC, 0)
  b.writeUInt32LE(b.length, 8)
  b.writeUInt32LE(FORMAT, 12)
  b.writeUInt32LE(number, 16)
  b.writeUInt32LE(streams.length, 20)
  randomBytes(8).copy(b, 24)
  b.writeDoubleLE(oldest, 32)
  b.writeDoubleLE(previousEnd, 40)
  streams.forEach((s, i) => {
    const p = HEAD + i * ENTRY
    b.writeDoubleLE(s.stream, p)
    b.writeDoubleLE(s.last, p + 8)
    b.writeDoubleLE(s.touched + (s.sealed ? SEALED : 0), p + 16)
  })
  b.writeUInt32LE(crc32(b.subarray(8)), 4)
  return b
}

/** The size that a head claims to have, once its first 16 bytes are there; 0 if it is none. */
export const claimedHeadSize = (b: Buffer): number => (b.length >= 16 && b.readUInt32LE(0) === HEAD_MAGIC ? b.readUInt32LE(8) : 0)

/** A head whose checksum is right; only `size` and `format` are sure when the format isn't ours. */
export function decodeHead(b: Buffer): SegmentHead | undefined {
  const size = claimedHeadSize(b)
  if (size < HEAD || size > b.length || crc32(b.subarray(8, size)) !== b.readUInt32LE(4)) return undefined
  const format = b.readUInt32LE(12)
  const streams: StreamEntry[] = []
  for (let p = HEAD; format === FORMAT && p + ENTRY <= size; p += ENTRY) {
    const touched = b.readDoubleLE(p + 16)
    const sealed = touched >= SEALED
    streams.push({
      stream: b.readDoubleLE(p),
      last: b.readDoubleLE(p + 8),
      sealed,
      touched: sealed ? touched - SEALED : touched,
    })
  }
  const salt = Buffer.from(b.subarray(24, 32))
  const oldest = b.readDoubleLE(32)
  return { size, format, number: b.readUInt32LE(16), salt, oldest, previousEnd: b.readDoubleLE(40), streams }
}

/** A reusable frame for one segment: `write` fills `bytes`. */
export interface FrameWriter {
  readonly bytes: Buffer
  write(size: number, kind: number, count: number, offset: number, a: number, b: number): void
}

export function frameWriter(salt: Buffer): FrameWriter {
  const bytes = Buffer.alloc(FRAME)
  const covered = bytes.subarray(8)
  bytes.writeUInt32LE(FRAME_MAGIC, 0)
  salt.copy(bytes, 24)
  return {
    bytes,
    write(size, kind, count, offset, a, b) {
      bytes.writeUInt32LE(size, 8)
      bytes.writeUInt32LE(kind, 12)
      bytes.writeUInt32LE(count, 16)
      bytes.writeUInt32LE(offset, 20)
      bytes.writeDoubleLE(a, 32)
      bytes.writeDoubleLE(b, 40)
      bytes.writeUInt32LE(crc32(covered), 4)
    },
  }
}

/** The frame at b[at] that stands at `offset` of the segment with this salt, or undefined if there is none. */
export function decodeFrame(b: Buffer, at: number, offset: number, salt: Buffer): Frame | undefined {
  if (at + FRAME > b.length || b.readUInt32LE(at) !== FRAME_MAGIC || b.readUInt32LE(at + 20) !== offset) return undefined
  if (salt.compare(b, at + 24, at + 32) !== 0) return undefined
  if (crc32(b.subarray(at + 8, at + FRAME)) !== b.readUInt32LE(at + 4)) return undefined
  const size = b.readUInt32LE(at + 8)
  if (size < FRAME) return undefined
  return {
    size,
    kind: b.readUInt32LE(at + 12),
    count: b.readUInt32LE(at + 16),
    a: b.readDoubleLE(at + 32),
    b: b.readDoubleLE(at + 40),
  }
}

const magicBytes = Buffer.from('PFRM', 'latin1')

/** Where in b (which lies at `base` of the file) the first whole frame head stands; -1 if nowhere. */
export function findFrame(b: Buffer, base: number, salt: Buffer): number {
  for (let p = b.indexOf(magicBytes); p >= 0; p = b.indexOf(magicBytes, p + 1)) {
    if (decodeFrame(b, p, base + p, salt)) return base + p
  }
  return -1
}
