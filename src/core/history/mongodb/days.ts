/** Days of one device, as the queries of file/query.ts read them. */
import type { ObjectId } from 'mongodb'
import type { Mongo } from '#core/remote/mongodb.ts'
import type { Walk } from '../file/blocks.ts'
import { Octets } from '../file/octets.ts'
import type { Packed } from '../file/query.ts'
import { DAY, dayOf, Records } from '../file/records.ts'
import { type BlockRef, runKind } from '../file/runformat.ts'
import { beginSegment, packRecord, unpackSegments } from '../file/segment.ts'
import { type Collections, checked, type Segment } from './documents.ts'

/** Which flushes a reader sees: those of others, and its own up to the one whose records it does not have in memory any more. */
export interface Seen {
  writer: string
  flush: number
}

interface Part {
  _id: ObjectId
  t0: number
  t1: number
  n: number
}

/** The days of a device that have records, or hours, in the range. */
export async function daysOf(
  mongo: Mongo,
  c: Collections,
  seen: Seen,
  device: number,
  from: number,
  to: number,
): Promise<Packed[]> {
  const y = { $gte: from > 0 ? dayOf(from) : 0, $lt: Number.isFinite(to) ? dayOf(to) + 1 : Number.MAX_SAFE_INTEGER }
  const days = await mongo.call(() => c.blocks.distinct('y', { d: device, y }))
  return days.sort((a, b) => a - b).map((day) => recordsOf(mongo, c, seen, day))
}

/** One by one. */
function walk(refs: readonly BlockRef[], step: 1 | -1, block: (ref: BlockRef) => Promise<Buffer>): Walk {
  let i = step > 0 ? -1 : refs.length
  return {
    async next() {
      const ref = refs[(i += step)]
      return ref && { ref, b: await block(ref) }
    },
  }
}

export async function hoursOf(mongo: Mongo, c: Collections, device: number, from: number, to: number): Promise<Packed[]> {
  const y = { $gte: Math.max(0, dayOf(from) - 1), $lt: dayOf(to) + 1 }
  const found = await mongo.call(() => c.hours.find({ d: device, y }).toArray())
  return found.map((h) => {
    const block = async () => checked(h, `hours ${h._id} of ${mongo.where}`)
    return {
      info: { kind: runKind.rollup, day: h.y },
      find: async () => [refOf(device, 0, { t0: h.y * DAY, t1: (h.y + 1) * DAY, n: 1 })],
      block,
      walk: (refs, step) => walk(refs, step, block),
    }
  })
}

function recordsOf(mongo: Mongo, { blocks }: Collections, seen: Seen, day: number): Packed {
  let groups: Part[][] = []

  async function block(ref: BlockRef): Promise<Buffer> {
    const ids = groups[ref.at]!.map((p) => p._id)
    const found = await mongo.call(() => blocks.find({ _id: { $in: ids } }, { sort: { o: 1 } }).toArray())
    const segments = found.flatMap((d) => d.s.filter((s) => s.w !== seen.writer || s.f <= seen.flush))
    const where = `blocks {d: ${ref.device}, y: ${day}} of ${mongo.where}`
    const whole = segments.map((s: Segment) => checked(s, where))
    return inOrder(whole, ref.device, day)
  }

  return {
    info: { kind: runKind.records, day },
    async find(device, from, to) {
      const within = { ...(Number.isFinite(to) && { t0: { $lt: to } }), ...(Number.isFinite(from) && { t1: { $gte: from } }) }
      const options = { projection: { t0: 1, t1: 1, n: 1 } }
      const parts = await mongo.call(() => blocks.find<Part>({ d: device, y: day, ...within }, options).toArray())
      groups = apart(parts)
      return groups.map((group, i) => refOf(device, i, spanOf(group)))
    },
    block,
    walk: (refs, step) => walk(refs, step, block),
  }
}

const spanOf = (parts: readonly Part[]) => ({
  t0: Math.min(...parts.map((p) => p.t0)),
  t1: Math.max(...parts.map((p) => p.t1)),
  n: parts.reduce((sum, p) => sum + p.n, 0),
})

const refOf = (device: number, at: number, { t0, t1, n }: { t0: number; t1: number; n: number }): BlockRef => {
  return { device, t0, t1, records: n, at, size: 0, crc: 0 }
}

/** Blocks that share a moment make a group; groups follow one another. */
function apart(parts: Part[]): Part[][] {
  const groups: Part[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const part of parts.sort((a, b) => a.t0 - b.t0)) {
    if (part.t0 <= end) groups.at(-1)!.push(part)
    else groups.push([part])
    end = Math.max(end, part.t1)
  }
  return groups
}

/** Segments in order of arrival, as one in order of time. */
export function inOrder(segments: readonly Buffer[], device: number, day: number): Buffer {
  const joined = Buffer.concat(segments)
  const records = new Records(joined.length * 2 + 64)
  unpackSegments(joined, device, day * DAY, records)
  const order = Array.from({ length: records.count }, (_, i) => i)
  if (order.every((i) => i === 0 || records.time(i - 1) <= records.time(i))) return joined
  order.sort((a, b) => records.time(a) - records.time(b))
  const out = new Octets(joined.length + 1024)
  beginSegment(out, records.count, records.time(order[0]!), day * DAY)
  for (const i of order) packRecord(out, records.out.b, records.out.v, records.places[i]!, records.time(i))
  return out.bytes()
}
