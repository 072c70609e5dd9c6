/**
 * What is left of records that are dropped: for each device, hour, model version and number of a status object its count, least, greatest,
 * mean and last value. Nothing of frames of foreign codecs. A block of a roll-up run holds one device:
 *
 *   ( hour u8 | version varint | object varint | position varint | count varint | ms of the last in its hour varint | least, greatest, mean, last f64 ) …
 */
import { at, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import { isVariable, valueSize } from '#protocol/tlv.ts'
import type { Pause } from './fold.ts'
import { Octets, type Place, readVarint } from './octets.ts'
import { DAY, Records, timeOf } from './records.ts'
import type { Run } from './run.ts'
import type { BlockRef } from './runformat.ts'
import type { RunWriter } from './runwriter.ts'
import { type Scan, visitDevices } from './scan.ts'
import { unpackSegments } from './segment.ts'

export const HOUR = 3_600_000

/** One number of a status object in one hour. */
export interface Hour {
  /** its beginning, ms since 1970 */
  hour: number
  /** of the model that the records were written with */
  version: number
  object: number
  /** which of the object's values, from 0 */
  position: number
  count: number
  min: number
  max: number
  mean: number
  last: number
  lastAt: number
}

const keyOf = ({ hour, version, object, position }: Hour): string => `${hour}.${version}.${object}.${position}`

/** Hours of one device, from records and from other hours. */
export class Hours {
  #rows = new Map<string, Hour>()

  /** By time, version, object and position. */
  rows(): Hour[] {
    return [...this.#rows.values()].sort(
      (a, b) => a.hour - b.hour || a.version - b.version || a.object - b.object || a.position - b.position,
    )
  }

  add(h: Hour): void {
    const k = keyOf(h)
    const old = this.#rows.get(k)
    if (!old) {
      this.#rows.set(k, { ...h })
      return
    }
    const count = old.count + h.count
    old.mean += ((h.mean - old.mean) * h.count) / count
    old.count = count
    old.min = Math.min(old.min, h.min)
    old.max = Math.max(old.max, h.max)
    if (h.lastAt < old.lastAt) return
    old.last = h.last
    old.lastAt = h.lastAt
  }

  /** The record at p in the form of the log; only status frames say something. */
  addRecord(b: Uint8Array, v: DataView, p: number): void {
    if (b[p + at.kind] !== recordKind.status || (b[p + at.flags]! & recordFlag.foreign) !== 0) return
    const time = timeOf(v, p)
    const version = v.getUint16(p + at.version, true)
    const hour = time - (time % HOUR)
    eachNumber(b, v, p + RECORD_HEADER + FRAME_HEADER, p + v.getUint32(p, true), (object, position, n) =>
      this.add({ hour, version, object, position, count: 1, min: n, max: n, mean: n, last: n, lastAt: time }),
    )
  }
}

/** Properties of a status frame: sub-device u16 | object u16 | count u16 | values. Stops at whatever is not whole. */
function eachNumber(
  b: Uint8Array,
  v: DataView,
  q: number,
  end: number,
  visit: (object: number, position: number, n: number) => void,
): void {
  while (q + 6 <= end) {
    const object = v.getUint16(q + 2)
    const count = v.getUint16(q + 4)
    q += 6
    for (let position = 0; position < count; position++) {
      const next = q + 2 > end ? 0 : afterValue(v, q, end)
      if (next === 0) return
      const n = numberAt(b, v, v.getUint16(q), q + 2)
      if (!Number.isNaN(n)) visit(object, position, n)
      q = next
    }
  }
}

/** The number at that place of a status frame; NaN if there is none. Of an object that comes twice the last counts. */
export function lastNumber(b: Uint8Array, v: DataView, q: number, end: number, object: number, position: number): number {
  let found = Number.NaN
  while (q + 6 <= end) {
    const wanted = v.getUint16(q + 2) === object
    const count = v.getUint16(q + 4)
    if (wanted) found = Number.NaN
    q += 6
    for (let i = 0; i < count; i++) {
      const next = q + 2 > end ? 0 : afterValue(v, q, end)
      if (next === 0) return found
      if (wanted && i === position) found = numberAt(b, v, v.getUint16(q), q + 2)
      q = next
    }
  }
  return found
}

/** Where the value at q ends; 0 if it is not whole. */
function afterValue(v: DataView, q: number, end: number): number {
  const size = valueSize(v.getUint16(q))
  if (size === 0) return 0
  const next = q + 2 + (isVariable(size) ? (q + 4 > end ? Number.NaN : 2 + v.getUint16(q + 2)) : size)
  return next <= end ? next : 0
}

/** Big endian, by the numbers of protocol/tlv.ts; NaN for what is no number. */
function numberAt(b: Uint8Array, v: DataView, type: number, q: number): number {
  switch (type) {
    case 1:
      return v.getFloat64(q)
    case 2:
      return v.getFloat32(q)
    case 3:
      return v.getInt8(q)
    case 4:
      return v.getInt16(q)
    case 5:
      return v.getInt32(q)
    case 6:
      return Number(v.getBigInt64(q))
    case 8:
      return v.getUint16(q)
    case 9:
      return v.getUint32(q)
    case 10:
      return Number(v.getBigUint64(q))
    case 7:
    case 13:
      return b[q]!
    default:
      return Number.NaN
  }
}

/** Writes the hours of all devices in runs of a day. The runs are in use. */
export const rollUp = (runs: readonly Run[], day: number, into: RunWriter, pause: Pause): Promise<void> =>
  visitDevices(
    runs,
    async (device, parts, scans) => {
      const rows = (await hoursOf(device, day, parts, scans, pause)).rows()
      if (rows.length > 0) await writeHours(rows, device, day, into)
    },
    pause,
  )

async function hoursOf(
  device: number,
  day: number,
  parts: readonly BlockRef[][],
  scans: readonly Scan[],
  pause: Pause,
): Promise<Hours> {
  const hours = new Hours()
  const records = new Records()
  for (const [i, refs] of parts.entries()) {
    for (const ref of refs) {
      records.clear()
      unpackSegments(await scans[i]!.block(ref), device, day * DAY, records)
      for (let r = 0; r < records.count; r++) hours.addRecord(records.out.b, records.out.v, records.places[r]!)
      const wait = pause()
      if (wait !== undefined) await wait
    }
  }
  return hours
}

async function writeHours(rows: readonly Hour[], device: number, day: number, into: RunWriter): Promise<void> {
  into.begin()
  for (const h of rows) packHour(into.out, h, day)
  await into.end(device, rows[0]!.hour, rows.at(-1)!.hour, rows.length)
}

/** As a block of a roll-up run. */
export function packHours(rows: readonly Hour[], day: number): Buffer {
  const out = new Octets(1024)
  for (const h of rows) packHour(out, h, day)
  return Buffer.from(out.bytes())
}

function packHour(out: Octets, h: Hour, day: number): void {
  out.reserve(80)
  out.b[out.at++] = (h.hour - day * DAY) / HOUR
  for (const n of [h.version, h.object, h.position, h.count, h.lastAt - h.hour]) out.varint(n)
  for (const n of [h.min, h.max, h.mean, h.last]) {
    out.v.setFloat64(out.at, n)
    out.at += 8
  }
}

/** The hours in a block of a roll-up run. */
export function unpackHours(b: Buffer, day: number): Hour[] {
  const place: Place = { b, at: 0 }
  const f64 = () => b.readDoubleBE((place.at += 8) - 8)
  const rows: Hour[] = []
  while (place.at < b.length) {
    const hour = day * DAY + b[place.at++]! * HOUR
    const [version, object, position] = [readVarint(place), readVarint(place), readVarint(place)]
    const [count, last] = [readVarint(place), readVarint(place)]
    const numbers = { min: f64(), max: f64(), mean: f64(), last: f64() }
    rows.push({ hour, version, object, position, count, lastAt: hour + last, ...numbers })
  }
  return rows
}
