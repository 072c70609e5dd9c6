import { crc32 } from 'node:zlib'
import type { Disk } from '#lib/disk.ts'
import { Octets } from './octets.ts'
import { DAY } from './records.ts'
import { ENTRY, FOOTER, type Footer, PAGE, PAGE_HEADER, writeFooter } from './runformat.ts'

const GATHER = 1 << 20

/** Writes one run: blocks in order of (device, time), then `finish`. */
export class RunWriter {
  /** Where the caller puts a block's octets, between `begin` and `end`. */
  readonly out = new Octets(GATHER + (1 << 17))
  readonly path: string
  #disk: Disk
  #fd: number
  #footer: Footer
  #written = 0
  #blockAt = 0
  #index = new Octets(PAGE * 16)
  #pageAt = 0
  #entries = 0
  #firsts: number[] = []
  #device = 0

  private constructor(disk: Disk, path: string, fd: number, kind: number, day: number, number: number) {
    this.#disk = disk
    this.path = path
    this.#fd = fd
    const zero = { topCrc: 0, records: 0, blocks: 0, indexAt: 0, pages: 0, size: 0 }
    this.#footer = { kind, day, number, ...zero, earliest: Number.POSITIVE_INFINITY, latest: Number.NEGATIVE_INFINITY }
  }

  static async create(disk: Disk, path: string, kind: number, day: number, number: number): Promise<RunWriter> {
    return new RunWriter(disk, path, await disk.open(path, 'create'), kind, day, number)
  }

  /** Octets of the block begun so far. */
  get blockSize(): number {
    return this.out.at - this.#blockAt
  }

  begin(): void {
    this.#blockAt = this.out.at
  }

  /** The octets since `begin` are a block of the device with records from t0 to t1. A promise must be awaited before the next. */
  end(device: number, t0: number, t1: number, records: number): Promise<void> | undefined {
    const { out } = this
    const f = this.#footer
    const crc = crc32(out.b.subarray(this.#blockAt, out.at))
    this.#entry(device, t0 - f.day * DAY, t1 - t0, records, out.at - this.#blockAt, crc)
    f.records += records
    f.blocks++
    if (t0 < f.earliest) f.earliest = t0
    if (t1 > f.latest) f.latest = t1
    return out.at >= GATHER ? this.#flush() : undefined
  }

  #entry(device: number, t0: number, span: number, records: number, size: number, crc: number): void {
    const x = this.#index
    if (this.#firsts.length === 0 || x.at + ENTRY > this.#pageAt + PAGE) this.#newPage(device)
    x.varint(device - this.#device)
    x.varint(t0)
    x.varint(span)
    x.varint(records)
    x.varint(size)
    x.v.setUint32(x.at, crc, true)
    x.at += 4
    this.#device = device
    this.#entries++
  }

  #newPage(device: number): void {
    this.#closePage()
    const x = this.#index
    x.reserve(PAGE)
    x.b.fill(0, x.at, x.at + PAGE)
    this.#pageAt = x.at
    x.v.setFloat64(x.at + 8, this.#written + this.#blockAt, true)
    x.at += PAGE_HEADER
    this.#firsts.push(device)
    this.#device = 0
    this.#entries = 0
  }

  #closePage(): void {
    if (this.#firsts.length === 0) return
    const x = this.#index
    x.v.setUint16(this.#pageAt + 4, x.at - this.#pageAt, true)
    x.v.setUint16(this.#pageAt + 6, this.#entries, true)
    x.at = this.#pageAt + PAGE
    x.v.setUint32(this.#pageAt, crc32(x.b.subarray(this.#pageAt + 4, x.at)), true)
  }

  async #flush(): Promise<void> {
    await this.#disk.write(this.#fd, this.out.bytes(), this.#written)
    this.#written += this.out.at
    this.out.at = 0
  }

  /** Completes the file and makes it durable; undefined if there is nothing in it. */
  async finish(): Promise<Footer | undefined> {
    const f = this.#footer
    if (f.blocks === 0) {
      await this.close()
      return undefined
    }
    await this.#flush()
    this.#closePage()
    const top = Buffer.from(new Float64Array(this.#firsts).buffer)
    f.indexAt = this.#written
    f.pages = this.#firsts.length
    f.topCrc = crc32(top)
    f.size = f.indexAt + f.pages * PAGE + top.length + FOOTER
    await this.#disk.write(this.#fd, Buffer.concat([this.#index.bytes(), top, writeFooter(f)]), f.indexAt)
    await this.#disk.sync(this.#fd)
    await this.close()
    return f
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return
    const fd = this.#fd
    this.#fd = -1
    await this.#disk.close(fd)
  }
}
