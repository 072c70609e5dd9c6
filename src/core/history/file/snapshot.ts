/**
 * A snapshot of the current values: the table's memory as it is.
 *
 *   blocks | JSON | trailer of 24 octets: magic 8 | octets of the JSON u32 | its crc32 u32 | zero u32 | crc32 of the trailer u32
 *
 * The JSON names each block's octets and checksum, in order: ids of devices, their chains' beginnings, the pages. So every octet
 * is under a checksum.
 */
import { crc32 } from 'node:zlib'
import { type Disk, withFile } from '#lib/disk.ts'
import { type ArenaState, release } from './arena.ts'
import { type CurrentImage, CurrentTable } from './current.ts'
import { FORMAT, refuseNewer } from './manifest.ts'
import { damaged } from './runformat.ts'

const MAGIC = 0x3150414e53444e50n // "PNDSNAP1"
const TRAILER = 24
const BLOCK = 1 << 18

interface Content {
  format: number
  cursors: [stream: number, seq: number][]
  devices: number
  arena: ArenaState
  blocks: { size: number; crc: number }[]
}

const octetsOf = (a: Float64Array | Uint32Array | Uint8Array): Buffer => Buffer.from(a.buffer, a.byteOffset, a.byteLength)

/** Pieces of at most 256 KiB, a longer page in several. */
function* pieces(b: Buffer): Generator<Buffer> {
  for (let at = 0; at < b.length; at += BLOCK) yield b.subarray(at, at + BLOCK)
}

/** Writes and syncs a file; every page of the image is released, whatever happens. Holds up others for a block's checksum at most. */
export async function writeSnapshot(
  disk: Disk,
  path: string,
  image: CurrentImage,
  cursors: ReadonlyMap<number, number>,
): Promise<void> {
  const content: Content = { format: FORMAT, cursors: [...cursors], devices: image.keys.length, arena: image.arena, blocks: [] }
  const unreleased = image.pages.filter((p) => p !== undefined)
  try {
    await withFile(disk, path, 'create', async (fd) => {
      let at = 0
      const write = async (b: Buffer) => {
        for (const piece of pieces(b)) {
          content.blocks.push({ size: piece.length, crc: crc32(piece) })
          await disk.write(fd, piece, at)
          at += piece.length
        }
      }
      await write(octetsOf(image.keys))
      await write(octetsOf(image.heads))
      unreleased.reverse()
      for (let page = unreleased.at(-1); page; page = unreleased.at(-1)) {
        await write(octetsOf(page.u8))
        release(unreleased.pop()!)
      }
      await disk.write(fd, ending(content), at)
      await disk.sync(fd)
    })
  } finally {
    for (const page of unreleased) release(page)
  }
}

function ending(content: Content): Buffer {
  const json = Buffer.from(JSON.stringify(content))
  const trailer = Buffer.alloc(TRAILER)
  trailer.writeBigUInt64LE(MAGIC, 0)
  trailer.writeUInt32LE(json.length, 8)
  trailer.writeUInt32LE(crc32(json), 12)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, TRAILER - 4)), TRAILER - 4)
  return Buffer.concat([json, trailer])
}

/** Reads a snapshot. Rejects with `store_damaged`, which names file and offset, if any octet is not as it was written. */
export function readSnapshot(disk: Disk, path: string): Promise<{ table: CurrentTable; cursors: Map<number, number> }> {
  return withFile(disk, path, 'read', async (fd) => {
    const content = await readContent(disk, fd, path)
    let at = 0
    let i = 0
    const read = async (size: number): Promise<ArrayBuffer> => {
      const whole = Buffer.from(new ArrayBuffer(size))
      for (const piece of pieces(whole)) {
        await disk.read(fd, piece, at)
        const block = content.blocks[i++]
        if (block?.size !== piece.length || block.crc !== crc32(piece)) throw damaged(path, at, 'wrong checksum of a block')
        at += piece.length
      }
      return whole.buffer as ArrayBuffer
    }
    const keys = new Float64Array(await read(content.devices * 8))
    const heads = new Uint32Array(await read(content.devices * 4))
    const buffers: (ArrayBuffer | undefined)[] = []
    for (const units of content.arena.pages) buffers.push(units === 0 ? undefined : await read(units * 8))
    const table = new CurrentTable({ arena: content.arena, buffers, keys, heads })
    return { table, cursors: new Map(content.cursors) }
  })
}

async function readContent(disk: Disk, fd: number, path: string): Promise<Content> {
  const size = await disk.size(fd)
  const trailer = Buffer.alloc(TRAILER)
  const trailerAt = Math.max(0, size - TRAILER)
  await disk.read(fd, trailer, trailerAt)
  if (trailer.readBigUInt64LE(0) !== MAGIC || trailer.readUInt32LE(TRAILER - 4) !== crc32(trailer.subarray(0, TRAILER - 4)))
    throw damaged(path, trailerAt, 'wrong end of the file')
  const json = Buffer.alloc(trailer.readUInt32LE(8))
  const jsonAt = trailerAt - json.length
  if (jsonAt < 0) throw damaged(path, trailerAt, 'the file is too short')
  await disk.read(fd, json, jsonAt)
  if (crc32(json) !== trailer.readUInt32LE(12)) throw damaged(path, jsonAt, 'wrong checksum of the table of contents')
  const content = JSON.parse(json.toString()) as Content
  refuseNewer(content.format, path)
  if (content.blocks.reduce((sum, b) => sum + b.size, 0) !== jsonAt)
    throw damaged(path, 0, 'the file is not as long as it was written')
  return content
}
