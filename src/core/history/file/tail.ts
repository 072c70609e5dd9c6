/**
 * What has been absorbed and is not folded yet: the batches as they came, and for each device the chain of its records
 * from the newest back. 8 octets a record beside the record itself.
 */
import { at, BATCH_HEADER } from '#core/devicelog/batch.ts'
import { Devices } from './devices.ts'
import { dayOf, longer, timeOf } from './records.ts'

const SHIFT = 20
const PIECE = 1 << SHIFT

/** Positions count octets from the first piece; a piece is 1 MiB, or a longer buffer that takes the numbers of several. */
export class Tail {
  /** octets absorbed */
  bytes = 0
  records = 0
  readonly cursors = new Map<number, number>()
  /** days (since 1970) of which there are records */
  readonly days = new Set<number>()
  readonly devices = new Devices()
  /** the buffers, and the octets of whole batches in each */
  #buffers: Buffer[] = []
  #sizes: number[] = []
  #pieces: Buffer[] = []
  #views: DataView[] = []
  /** octets used of the last piece if that is ours to append to, else all of it */
  #used = PIECE
  #positions: Uint32Array = new Uint32Array(1024)
  #before: Int32Array = new Int32Array(1024)
  /** for each device its newest record, and how many it has */
  #chains: Int32Array = new Int32Array(2048)
  #day = Number.NaN

  /** Takes a buffer of whole batches; keeps it if it is large, copies it if small. */
  add(batches: Buffer): void {
    const base = this.#keep(batches)
    for (let p = 0; p < batches.length; ) p = this.#addBatch(batches, base, p)
    this.bytes += batches.length
  }

  /** All batches, in order. */
  *contents(): Generator<Buffer> {
    for (const [i, b] of this.#buffers.entries()) yield b.subarray(0, this.#sizes[i])
  }

  /** Positions are 32 bits wide. */
  get full(): boolean {
    return this.#pieces.length > 3000
  }

  /** Finds a device's records in [from, to), in order of time, then of arrival. */
  pick(device: number, from: number, to: number, into: Picked): void {
    const i = this.devices.find(device)
    const most = i < 0 ? 0 : this.#chains[i * 2 + 1]!
    into.reserve(most)
    const { positions, times, sizes } = into
    let sorted = true
    let later = Number.POSITIVE_INFINITY
    let k = most
    for (let r = i < 0 ? -1 : this.#chains[i * 2]!; r >= 0; r = this.#before[r]!) {
      const position = this.#positions[r]!
      const v = this.#views[position >>> SHIFT]!
      const p = position & (PIECE - 1)
      const time = timeOf(v, p)
      if (time < from || time >= to) continue
      if (time > later) sorted = false
      later = time
      k--
      positions[k] = position
      times[k] = time
      sizes[k] = v.getUint32(p + at.size, true)
    }
    into.begin = k
    into.end = most
    if (!sorted) into.sort()
  }

  piece(position: number): Buffer {
    return this.#pieces[position >>> SHIFT]!
  }

  view(position: number): DataView {
    return this.#views[position >>> SHIFT]!
  }

  #keep(b: Buffer): number {
    if (b.length > PIECE / 2) {
      this.#used = PIECE
      return this.#push(b, b.length)
    }
    if (this.#used + b.length > PIECE) {
      this.#push(Buffer.allocUnsafeSlow(PIECE), 0)
      this.#used = 0
    }
    const base = (this.#pieces.length - 1) * PIECE + this.#used
    this.#buffers.at(-1)!.set(b, this.#used)
    this.#used += b.length
    this.#sizes[this.#sizes.length - 1] = this.#used
    return base
  }

  /** → the position of the buffer's first octet */
  #push(b: Buffer, size: number): number {
    const base = this.#pieces.length * PIECE
    this.#buffers.push(b)
    this.#sizes.push(size)
    for (let from = 0; from < b.length; from += PIECE) {
      const piece = b.subarray(from)
      this.#pieces.push(piece)
      this.#views.push(new DataView(piece.buffer, piece.byteOffset, piece.length))
    }
    return base
  }

  #addBatch(b: Buffer, base: number, from: number): number {
    const v = this.#viewOf(b)
    const end = from + v.getUint32(from + 8, true)
    for (let p = from + BATCH_HEADER; p < end; ) {
      this.#addRecord(v.getFloat64(p + at.device, true), timeOf(v, p), base + p)
      p += v.getUint32(p + at.size, true)
    }
    this.cursors.set(v.getFloat64(from + 16, true), v.getFloat64(from + 24, true))
    return end
  }

  #scanned: Buffer | undefined
  #scannedView: DataView = new DataView(new ArrayBuffer(0))

  #viewOf(b: Buffer): DataView {
    if (b !== this.#scanned) {
      this.#scanned = b
      this.#scannedView = new DataView(b.buffer, b.byteOffset, b.length)
    }
    return this.#scannedView
  }

  #addRecord(device: number, time: number, position: number): void {
    const r = this.records++
    if (r === this.#positions.length) this.#grow()
    this.#positions[r] = position
    const { devices } = this
    const known = devices.count
    const i = devices.add(device)
    if (i === known) {
      if (i * 2 >= this.#chains.length) this.#chains = longerInt(this.#chains)
      this.#before[r] = -1
    } else this.#before[r] = this.#chains[i * 2]!
    this.#chains[i * 2] = r
    this.#chains[i * 2 + 1]!++
    const day = dayOf(time)
    if (day !== this.#day) this.days.add((this.#day = day))
  }

  #grow(): void {
    this.#positions = longer(this.#positions)
    this.#before = longerInt(this.#before)
  }
}

const longerInt = (a: Int32Array): Int32Array => {
  const b = new Int32Array(a.length * 2)
  b.set(a)
  return b
}

/** The offset of a position in its piece. */
export const offsetOf = (position: number): number => position & (PIECE - 1)

/** Records of one device in a tail: those with an index in [begin, end). */
export class Picked {
  positions: Uint32Array = new Uint32Array(64)
  times: Float64Array = new Float64Array(64)
  sizes: Uint32Array = new Uint32Array(64)
  begin = 0
  end = 0

  /** Room for n; forgets what there was. */
  reserve(n: number): void {
    if (n <= this.positions.length) return
    this.positions = new Uint32Array(n * 2)
    this.times = new Float64Array(n * 2)
    this.sizes = new Uint32Array(n * 2)
  }

  /** By time; equals stay as they are. */
  sort(): void {
    const { positions, times, sizes, begin, end } = this
    const order = Array.from({ length: end - begin }, (_, i) => begin + i).sort((a, b) => times[a]! - times[b]!)
    positions.set(
      order.map((i) => positions[i]!),
      begin,
    )
    sizes.set(
      order.map((i) => sizes[i]!),
      begin,
    )
    times.set(
      order.map((i) => times[i]!),
      begin,
    )
  }
}
