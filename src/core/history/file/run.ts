import { crc32 } from 'node:zlib'
import type { Disk } from '#lib/disk.ts'
import { Blocks, type Walk } from './blocks.ts'
import { ifThere } from './disk.ts'
import { type Place, readVarint } from './octets.ts'
import { DAY } from './records.ts'
import { type BlockRef, damaged, FOOTER, type Footer, PAGE, PAGE_HEADER, readFooter } from './runformat.ts'

/** What the manifest says of a run. */
export interface RunInfo {
  kind: number
  day: number
  number: number
  /** place in the order of arrival among the runs of its day: a merged run takes that of its first */
  order: number
  records: number
  size: number
}

interface Opened {
  fd: number
  footer: Footer
  /** first device of each index page */
  top: Float64Array
}

/** A run on disk. Store.using opens its file; everything but `info` needs that. */
export class Run {
  readonly info: RunInfo
  readonly path: string
  /** who may yet read it: the file must not be removed */
  holds = 0
  /** who reads it: the file must not be closed */
  uses = 0
  #disk: Disk
  #opening: Promise<Opened> | undefined
  #now: Opened | undefined

  constructor(disk: Disk, path: string, info: RunInfo) {
    this.#disk = disk
    this.path = path
    this.info = info
  }

  /** Opens the file, if it is not open. Rejects with `store_damaged` when its frame is not whole. */
  async open(): Promise<void> {
    this.#opening ??= this.#open()
    try {
      this.#now = await this.#opening
    } catch (e) {
      this.#opening = undefined
      throw e
    }
  }

  get isOpen(): boolean {
    return this.#now !== undefined
  }

  async close(): Promise<void> {
    const opened = this.#now
    this.#now = this.#opening = undefined
    if (opened) await this.#disk.close(opened.fd)
  }

  get pages(): number {
    return this.#now!.footer.pages
  }

  /** Where the blocks end. */
  get blocksEnd(): number {
    return this.#now!.footer.indexAt
  }

  /** Blocks of a device that may hold records of [from, to), in order of time. */
  async find(device: number, from: number, to: number): Promise<BlockRef[]> {
    const { top } = this.#now!
    const found: BlockRef[] = []
    for (let page = pageOf(top, device); page < top.length && top[page]! <= device; page++) {
      await this.eachIn(page, (ref) => {
        if (ref.device === device && ref.t1 >= from && ref.t0 < to) found.push(ref)
        return ref.device <= device
      })
    }
    return found
  }

  /** Calls visit for each block of an index page until it returns false. */
  async eachIn(page: number, visit: (ref: BlockRef) => boolean): Promise<void> {
    const { footer } = this.#now!
    const b = await this.read(footer.indexAt + page * PAGE, PAGE)
    if (crc32(b.subarray(4)) !== b.readUInt32LE(0))
      throw damaged(this.path, footer.indexAt + page * PAGE, 'wrong checksum of an index page')
    const start = footer.day * DAY
    const place: Place = { b, at: PAGE_HEADER }
    let offset = b.readDoubleLE(8)
    let device = 0
    for (let left = b.readUInt16LE(6); left > 0; left--) {
      device += readVarint(place)
      const t0 = start + readVarint(place)
      const t1 = t0 + readVarint(place)
      const records = readVarint(place)
      const size = readVarint(place)
      const ref: BlockRef = { device, t0, t1, records, at: offset, size, crc: b.readUInt32LE(place.at) }
      place.at += 4
      offset += size
      if (!visit(ref)) return
    }
  }

  walk(refs: readonly BlockRef[], step: 1 | -1): Walk {
    return new Blocks(this, refs, step)
  }

  /** A block's octets, compared with their checksum. */
  async block(ref: BlockRef): Promise<Buffer> {
    return this.checked(await this.read(ref.at, ref.size), ref)
  }

  /** b, which has been read as that block. */
  checked(b: Buffer, ref: BlockRef): Buffer {
    if (crc32(b) !== ref.crc) throw damaged(this.path, ref.at, `wrong checksum of a block of device ${ref.device}`)
    return b
  }

  async read(offset: number, size: number): Promise<Buffer> {
    const b = Buffer.allocUnsafe(size)
    if ((await this.#disk.read(this.#now!.fd, b, offset)) < size) throw damaged(this.path, offset, 'the file is too short')
    return b
  }

  async #open(): Promise<Opened> {
    const fd = await ifThere(this.#disk.open(this.path, 'read'))
    if (fd === undefined) throw damaged(this.path, 0, 'the file is missing')
    try {
      return await this.#readFrame(fd)
    } catch (e) {
      await this.#disk.close(fd)
      throw e
    }
  }

  async #readFrame(fd: number): Promise<Opened> {
    const { size, number, day, kind } = this.info
    const actual = await this.#disk.size(fd)
    if (actual !== size) throw damaged(this.path, Math.min(actual, size), `it is ${actual} octets long, not ${size}`)
    const b = Buffer.alloc(FOOTER)
    await this.#disk.read(fd, b, size - FOOTER)
    const footer = readFooter(b)
    if (!footer || footer.size !== size || footer.number !== number || footer.day !== day || footer.kind !== kind)
      throw damaged(this.path, size - FOOTER, 'wrong footer')
    const top = Buffer.from(new ArrayBuffer(footer.pages * 8))
    const topAt = footer.indexAt + footer.pages * PAGE
    await this.#disk.read(fd, top, topAt)
    if (crc32(top) !== footer.topCrc) throw damaged(this.path, topAt, 'wrong checksum of the index')
    return { fd, footer, top: new Float64Array(top.buffer) }
  }
}

/** The first page that may hold the device: the one before the first that begins at or after it. */
function pageOf(top: Float64Array, device: number): number {
  let low = 0
  let high = top.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (top[middle]! < device) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
