/** Records in the form of the log (devicelog/batch.ts), one behind the other, with their places. */
import { at, RECORD_HEADER } from '#core/devicelog/batch.ts'
import { Octets } from './octets.ts'

export const DAY = 86_400_000

export const dayOf = (time: number): number => Math.floor(time / DAY)

/** 20614 → 2026-06-10 */
export const dayName = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

/** The last ms of the year 9999. */
const LAST = 253_402_300_799_999

/** Arrival of the record at p: whole ms since 1970; whatever is no such time counts as 0. */
export function timeOf(v: DataView, p: number): number {
  const t = v.getFloat64(p + at.time, true)
  return t >= 0 && t <= LAST ? Math.floor(t) : 0
}

/** Records up to so many octets are copied by words: a view of them costs more than the copy (bench/README.md). */
const SHORT = 256

function copyWords(from: DataView, p: number, to: DataView, q: number, size: number): void {
  const end = p + size
  for (; p + 8 <= end; p += 8, q += 8) to.setBigInt64(q, from.getBigInt64(p, true), true)
  for (; p < end; p++, q++) to.setUint8(q, from.getUint8(p))
}

export class Records {
  readonly out: Octets
  places: Uint32Array = new Uint32Array(64)
  count = 0

  constructor(size = 4096) {
    this.out = new Octets(size)
  }

  clear(): void {
    this.out.at = 0
    this.count = 0
  }

  time(i: number): number {
    return this.out.v.getFloat64(this.places[i]! + at.time, true)
  }

  /** Room for a record with n octets of data: → its place. */
  place(n: number): number {
    const size = RECORD_HEADER + n
    this.out.reserve(size)
    if (this.count === this.places.length) this.places = longer(this.places)
    const p = (this.places[this.count++] = this.out.at)
    this.out.v.setUint32(p + at.size, size, true)
    this.out.at += size
    return p
  }

  /** Takes over the record that lies in b at p. */
  copy(b: Uint8Array, v: DataView, p: number): void {
    const size = v.getUint32(p + at.size, true)
    const to = this.place(size - RECORD_HEADER)
    if (size <= SHORT) copyWords(v, p, this.out.v, to, size)
    else this.out.b.set(b.subarray(p, p + size), to)
    this.out.v.setFloat64(to + at.time, timeOf(v, p), true)
  }
}

export const longer = (a: Uint32Array): Uint32Array => {
  const b = new Uint32Array(a.length * 2)
  b.set(a)
  return b
}
