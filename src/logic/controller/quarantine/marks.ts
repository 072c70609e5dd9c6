/**
 * Since when and until when a device sent frames that could not be read: so that quarantine is found without reading all of history. Frames
 * with numbers that the model does not know are marked as soon as the model is known, which after a start is a moment later.
 */
import { at as field, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import type { Model } from '#protocol/model.ts'
import { skipTlvs } from '#protocol/tlv.ts'
import type { Models } from '../models.ts'
import type { Owing } from '../restore.ts'
import { QUARANTINE } from '../slots.ts'

export interface Mark {
  product: number
  /** ms since 1970, both inclusive */
  first: number
  last: number
}

export interface Marks extends Owing {
  /** The record at b[p, p + size) was accepted; called once for each, also for those that are read again after a start. */
  see(b: Buffer, p: number, size: number): void
  of(device: number): Mark | undefined
  /** devices of the product that are marked, by id */
  devices(product: number): number[]
}

const EVENT = 65_536
const PROPERTY_HEADER = 6
const EVENT_NO = FRAME_HEADER + 2

/** Numbers of objects, and of events + EVENT. */
type Known = ReadonlySet<number>

export function makeMarks(current: Current, models: Models): Marks {
  const byProduct = new Map<number, Set<number>>()
  /** product → version → */
  const known = new Map<number, Map<number, Known | Pending>>()
  // neighbouring records are often of one model: this runs for every record, and makes nothing
  let [lastProduct, lastVersion] = [-1, -1]
  let last: Known | Pending | undefined

  function numbersOf(product: number, version: number): Known | Pending {
    if (product === lastProduct && version === lastVersion) return last!
    let versions = known.get(product)
    if (!versions) known.set(product, (versions = new Map()))
    let found = versions.get(version)
    if (!found) {
      found = new Pending()
      versions.set(version, found)
      learn(versions, product, version, found)
    }
    lastProduct = product
    lastVersion = version
    last = found
    return found
  }

  function learn(versions: Map<number, Known | Pending>, product: number, version: number, pending: Pending): void {
    const done = (numbers: Known | undefined) => {
      if (numbers) versions.set(version, numbers)
      else versions.delete(version)
      lastProduct = -1
      if (numbers) pending.each((device, number, first, until) => numbers.has(number) || mark(device, product, first, until))
    }
    models.get(product, version).then(
      (model) => done(numbersIn(model)),
      // a product that was removed, or a registry that does not answer: asked again with the next record
      () => done(undefined),
    )
  }

  function mark(device: number, product: number, first: number, until: number): void {
    const was = readMark(current, device)
    const mine = devicesOf(product)
    mine.add(device)
    if (was && was.first <= first && was.last >= until) return
    const value = Buffer.allocUnsafe(20)
    value.writeUInt32LE(product, 0)
    value.writeDoubleLE(Math.min(first, was?.first ?? first), 4)
    value.writeDoubleLE(Math.max(until, was?.last ?? until), 12)
    current.put(device, QUARANTINE, until, value, 0, value.length)
  }

  function devicesOf(product: number): Set<number> {
    let found = byProduct.get(product)
    if (!found) byProduct.set(product, (found = new Set()))
    return found
  }

  function check(b: Buffer, p: number, number: number, numbers: Known | Pending): void {
    if (numbers instanceof Pending) numbers.add(b.readDoubleLE(p + field.device), number, b.readDoubleLE(p + field.time))
    else if (!numbers.has(number)) markAt(b, p)
  }

  /** As eachObject does, without a closure a record. */
  function checkObjects(b: Buffer, p: number, from: number, to: number, numbers: Known | Pending): void {
    for (let q = from; q >= 0 && q + PROPERTY_HEADER <= to; ) {
      const end = endOfObject(b, q, to)
      if (end >= 0) check(b, p, (b[q + 2]! << 8) | b[q + 3]!, numbers)
      q = end
    }
  }

  function markAt(b: Buffer, p: number): void {
    const time = b.readDoubleLE(p + field.time)
    mark(b.readDoubleLE(p + field.device), b.readUInt32LE(p + field.product), time, time)
  }

  return {
    see(b, p, size) {
      const kind = b[p + field.kind]
      if (kind !== recordKind.status && kind !== recordKind.event && kind !== recordKind.undecodable) return
      if (b.readUInt16LE(p + field.flags) & recordFlag.redecoded) return
      if (kind === recordKind.undecodable) return markAt(b, p)
      const product = b.readUInt32LE(p + field.product)
      if (product === 0) return
      const numbers = numbersOf(product, b.readUInt16LE(p + field.version))
      const frame = p + RECORD_HEADER
      if (kind === recordKind.event) check(b, p, EVENT + ((b[frame + EVENT_NO]! << 8) | b[frame + EVENT_NO + 1]!), numbers)
      else checkObjects(b, p, frame + FRAME_HEADER, p + size, numbers)
    },
    restore(device) {
      const found = readMark(current, device)
      if (found) devicesOf(found.product).add(device)
    },
    of: (device) => readMark(current, device),
    devices: (product) => [...(byProduct.get(product) ?? [])].sort((a, b) => a - b),
  }
}

/** Calls visit with the number of each object of the status frame b[from, to), and where it stands. */
export function eachObject(b: Uint8Array, from: number, to: number, visit: (no: number, at: number, end: number) => void): void {
  for (let q = from + FRAME_HEADER; q + PROPERTY_HEADER <= to; ) {
    const next = endOfObject(b, q, to)
    if (next < 0) return
    visit((b[q + 2]! << 8) | b[q + 3]!, q, next)
    q = next
  }
}

const endOfObject = (b: Uint8Array, q: number, to: number): number =>
  skipTlvs(b, q + PROPERTY_HEADER, to, (b[q + 4]! << 8) | b[q + 5]!)

const numbersIn = (model: Model): Known =>
  new Set([...model.objectIndex.byNo.keys(), ...[...model.eventIndex.byNo.keys()].map((no) => EVENT + no)])

function readMark(current: Current, device: number): Mark | undefined {
  const value = current.get(device, QUARANTINE)
  if (!value) return undefined
  const b = Buffer.from(value.bytes)
  return { product: b.readUInt32LE(0), first: b.readDoubleLE(4), last: b.readDoubleLE(12) }
}

/** Numbers that were seen before their model was known. */
class Pending {
  private readonly seen = new Map<number, Map<number, { first: number; last: number }>>()

  add(device: number, number: number, time: number): void {
    let mine = this.seen.get(device)
    if (!mine) this.seen.set(device, (mine = new Map()))
    const span = mine.get(number)
    if (!span) mine.set(number, { first: time, last: time })
    else {
      span.first = Math.min(span.first, time)
      span.last = Math.max(span.last, time)
    }
  }

  each(visit: (device: number, number: number, first: number, last: number) => void): void {
    for (const [device, numbers] of this.seen) for (const [number, { first, last }] of numbers) visit(device, number, first, last)
  }
}
