/**
 * A run: records of one day, sorted by (device, time), never changed once written. All numbers little endian.
 *
 *   blocks | index pages of 4096 octets | first device of each page, f64 | footer of 104 octets
 *   page   : crc32 of the rest u32 | octets used u16 | entries u16 | offset of the first block f64 | entries | zeros
 *   entry  : device − the one before varint | t0 − start of the day varint | t1 − t0 varint | records varint | octets varint | crc32 u32
 *   footer : magic | kind u32 | crc32 of the first devices u32 | day f64 | records f64 | blocks f64 | offset of the index f64 | pages f64
 *            | octets of the file f64 | earliest f64 | latest f64 | run number f64 | zeros | crc32 of the footer u32
 *
 * A block holds segments of one device; blocks of a device follow each other in time. Every octet of the file is under a
 * checksum that is compared whenever it is read.
 */
import { crc32 } from 'node:zlib'
import { PandoError } from '#lib/errors.ts'

export const PAGE = 4096
export const PAGE_HEADER = 16
export const FOOTER = 104
/** the most that an index entry takes */
export const ENTRY = 40
export const MAGIC = 0x314e5552444e50n // "PNDRUN1"

/** What a run's blocks hold: segments of records (segment.ts) or hours of values (rollup.ts). */
export const runKind = { records: 1, rollup: 3 } as const

export interface Footer {
  kind: number
  topCrc: number
  day: number
  records: number
  blocks: number
  indexAt: number
  pages: number
  size: number
  earliest: number
  latest: number
  number: number
}

const fields = ['day', 'records', 'blocks', 'indexAt', 'pages', 'size', 'earliest', 'latest', 'number'] as const

export function writeFooter(f: Footer): Buffer {
  const b = Buffer.alloc(FOOTER)
  b.writeBigUInt64LE(MAGIC, 0)
  b.writeUInt32LE(f.kind, 8)
  b.writeUInt32LE(f.topCrc, 12)
  fields.forEach((name, i) => {
    b.writeDoubleLE(f[name], 16 + i * 8)
  })
  b.writeUInt32LE(crc32(b.subarray(0, FOOTER - 4)), FOOTER - 4)
  return b
}

/** The footer's content; undefined if it is damaged. */
export function readFooter(b: Buffer): Footer | undefined {
  if (b.length !== FOOTER || b.readBigUInt64LE(0) !== MAGIC) return undefined
  if (crc32(b.subarray(0, FOOTER - 4)) !== b.readUInt32LE(FOOTER - 4)) return undefined
  const f: Footer = { kind: b.readUInt32LE(8), topCrc: b.readUInt32LE(12) } as Footer
  fields.forEach((name, i) => {
    f[name] = b.readDoubleLE(16 + i * 8)
  })
  return f
}

/** One block as the index tells of it. */
export interface BlockRef {
  device: number
  /** arrival of its first and last record */
  t0: number
  t1: number
  records: number
  at: number
  size: number
  crc: number
}

export const damaged = (file: string, offset: number, what: string): PandoError =>
  new PandoError('store_damaged', `${file} is damaged at offset ${offset}: ${what}`, { file, offset, what })
