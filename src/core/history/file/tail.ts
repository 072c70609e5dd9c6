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
  #pieces: Buffer[] = []
  #views: DataView[] = []
  /** octets used of the last piece if that is ours to append to, else all of it */
  #used = PIECE
  #positions: Uint32Array = new Uint32Array(1024)
  #before: Int32Array = new Int32Array(1024)
  #last: Int32Array = new Int32Array(1024)
  #day = Number.NaN

  /** Takes a buffer of whole batches; keeps it if it is large, copies it if small. */
  add(batches: Buffer): void {
    const base = this.#keep(batches)
    for (let p = 0; p < batches.length; ) p = this.#addBatch(batches, base, p)
    this.bytes += batches.length
  }

  /** Positions are 32 bits wide. */
  get full(): boolean {
    return this.#pieces.length > 3000
  }

  /** Calls visit(buffer, view, offset) for each record of a device, newest absorbed first, until it returns false. */
  eachOf(device: number, visit: (position: number) => void): void {
    const i = this.devices.find(device)
    if (i >= 0) for (let r = this.#last[i]!; r >= 0; r = this.#before[r]!) visit(this.#positions[r]!)
  }

  piece(position: number): Buffer {
    return this.#pieces[position >>> SHIFT]!
  }

  view(position: number): DataView {
    return this.#views[position >>> SHIFT]!
  }

  #keep(b: Buffer): number {
    if (b.length > PIECE / 2) {
      const base = this.#pieces.length * PIECE
      for (let from = 0; from < b.length; from += PIECE) this.#push(b.subarray(from))
      this.#used = PIECE
      return base
    }
    if (this.#used + b.length > PIECE) {
      this.#push(Buffer.allocUnsafeSlow(PIECE))
      this.#used = 0
    }
    const base = (this.#pieces.length - 1) * PIECE + this.#used
    this.#pieces.at(-1)!.set(b, this.#used)
    this.#used += b.length
    return base
  }

  #push(b: Buffer): void {
    this.#pieces.push(b)
    this.#views.push(new DataView(b.buffer, b.byteOffset, b.length))
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
      if (i >= this.#last.length) this.#last = longerInt(this.#last)
      this.#before[r] = -1
    } else this.#before[r] = this.#last[i]!
    this.#last[i] = r
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

/** Positions of a device's records in [from, to), in order of time, then of arrival. */
export function sortedPositions(tail: Tail, device: number, from: number, to: number): number[] {
  const found: number[] = []
  let sorted = true
  let later = Number.POSITIVE_INFINITY
  tail.eachOf(device, (position) => {
    const time = timeAt(tail, position)
    if (time < from || time >= to) return
    if (time > later) sorted = false
    later = time
    found.push(position)
  })
  found.reverse()
  return sorted ? found : found.sort((a, b) => timeAt(tail, a) - timeAt(tail, b))
}

export const timeAt = (tail: Tail, position: number): number => timeOf(tail.view(position), offsetOf(position))
