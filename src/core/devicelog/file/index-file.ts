/**
 * The index of a sealed segment, so that a start need not read the segment. It can always be made again from the segment.
 * Little endian.
 *
 *   table : magic u32 | crc u32 of all that follows in the table | size u32 of the table | format u32 | end f64 | newest f64
 *           | salt 8 B | runs × (stream f64 | first f64 | count u32 | crc u32 of its places)
 *   places: of each run in turn, count × (offset u32 | size u32)
 */
import { crc32 } from 'node:zlib'
import { type Disk, withFile } from '#lib/disk.ts'
import type { Run, SegmentIndex } from './run.ts'

const MAGIC = 0x58444950 // "PIDX"
const FORMAT = 1
const TABLE = 40
const ENTRY = 24

/** Places as they lie in a file: little endian whatever the machine is. */
function placeBytes(run: Run): Buffer {
  const b = Buffer.allocUnsafe(run.count * 8)
  for (let i = 0; i < run.count * 2; i++) b.writeUInt32LE(run.places![i]!, i * 4)
  return b
}

export function encodeIndex(index: SegmentIndex, end: number, salt: Buffer): Buffer {
  const table = Buffer.alloc(TABLE + index.runs.size * ENTRY)
  const parts: Buffer[] = [table]
  table.writeUInt32LE(MAGIC, 0)
  table.writeUInt32LE(table.length, 8)
  table.writeUInt32LE(FORMAT, 12)
  table.writeDoubleLE(end, 16)
  table.writeDoubleLE(index.newest, 24)
  salt.copy(table, 32)
  let p = TABLE
  for (const [stream, run] of index.runs) {
    const places = placeBytes(run)
    table.writeDoubleLE(stream, p)
    table.writeDoubleLE(run.first, p + 8)
    table.writeUInt32LE(run.count, p + 16)
    table.writeUInt32LE(crc32(places), p + 20)
    parts.push(places)
    p += ENTRY
  }
  table.writeUInt32LE(crc32(table.subarray(8)), 4)
  return Buffer.concat(parts)
}

const claimedSize = (b: Buffer): number => (b.length >= TABLE && b.readUInt32LE(0) === MAGIC ? b.readUInt32LE(8) : 0)

async function readTable(disk: Disk, fd: number): Promise<Buffer> {
  const first = Buffer.alloc(4096)
  const got = first.subarray(0, await disk.read(fd, first, 0))
  const size = Math.min(claimedSize(got), await disk.size(fd))
  if (size <= got.length) return got
  const table = Buffer.alloc(size)
  return table.subarray(0, await disk.read(fd, table, 0))
}

/** The index in a file, its places left out; undefined if it is damaged, or of another segment or length. */
export const readIndex = (disk: Disk, path: string, end: number, salt: Buffer): Promise<SegmentIndex | undefined> =>
  withFile(disk, path, 'read', async (fd) => decodeTable(await readTable(disk, fd), end, salt))

/** The places of one stream; undefined if the file is damaged. */
export const readPlaces = (
  disk: Disk,
  path: string,
  end: number,
  salt: Buffer,
  stream: number,
): Promise<Uint32Array | undefined> =>
  withFile(disk, path, 'read', async (fd) => {
    const table = await readTable(disk, fd)
    const at = decodeTable(table, end, salt) && findPlaces(table, stream)
    if (!at) return undefined
    const b = Buffer.allocUnsafe(at.size)
    return (await disk.read(fd, b, at.position)) === at.size ? decodePlaces(b, at.crc) : undefined
  })

function decodeTable(b: Buffer, end: number, salt: Buffer): SegmentIndex | undefined {
  const size = claimedSize(b)
  if (size < TABLE || size > b.length || crc32(b.subarray(8, size)) !== b.readUInt32LE(4)) return undefined
  if (b.readUInt32LE(12) !== FORMAT || b.readDoubleLE(16) !== end || salt.compare(b, 32, 40) !== 0) return undefined
  const runs = new Map<number, Run>()
  for (let p = TABLE; p < size; p += ENTRY) {
    runs.set(b.readDoubleLE(p), { first: b.readDoubleLE(p + 8), count: b.readUInt32LE(p + 16), places: undefined })
  }
  return { runs, newest: b.readDoubleLE(24) }
}

/** Where the places of a stream lie in the index file, and their checksum. */
function findPlaces(table: Buffer, stream: number): { position: number; size: number; crc: number } | undefined {
  const size = claimedSize(table)
  let position = size
  for (let p = TABLE; p < size; p += ENTRY) {
    const length = table.readUInt32LE(p + 16) * 8
    if (table.readDoubleLE(p) === stream) return { position, size: length, crc: table.readUInt32LE(p + 20) }
    position += length
  }
  return undefined
}

function decodePlaces(b: Buffer, crc: number): Uint32Array | undefined {
  if (crc32(b) !== crc) return undefined
  const places = new Uint32Array(b.length / 4)
  for (let i = 0; i < places.length; i++) places[i] = b.readUInt32LE(i * 4)
  return places
}
