/** Makes a tail durable: its records and how far they go, in one transaction, so that each is there exactly once. */

import { crc32 } from 'node:zlib'
import { type AnyBulkWriteOperation, Binary } from 'mongodb'
import { isDuplicate, type Mongo } from '#core/remote/mongodb.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { BLOCK_BYTES, BLOCK_RECORDS, type Pause } from '../file/fold.ts'
import { Octets } from '../file/octets.ts'
import { DAY } from '../file/records.ts'
import { beginSegment, packRecord } from '../file/segment.ts'
import { offsetOf, Picked, type Tail } from '../file/tail.ts'
import type { BlockDocument, Collections, Segment } from './documents.ts'

export interface Flush {
  /** who flushes, and which of his flushes it is */
  writer: string
  number: number
  /** stream → what is durable, as this process knows it */
  from: ReadonlyMap<number, number>
  /** the next place in the order of arrival */
  order(): number
}

/** → false: another process has made some of it durable; nothing was written. */
export async function flushTail(mongo: Mongo, c: Collections, tail: Tail, flush: Flush, pause: Pause): Promise<boolean> {
  const { writes, days } = await pack(tail, flush, pause)
  try {
    await mongo.transaction(async (session) => {
      for (const [stream, seq] of tail.cursors) {
        const now = { q: seq, w: flush.writer, f: flush.number }
        const before = flush.from.get(stream) ?? 0
        if (before === 0) await c.absorbed.insertOne({ _id: stream, ...now }, { session })
        else {
          const { matchedCount } = await c.absorbed.updateOne({ _id: stream, q: before }, { $set: now }, { session })
          if (matchedCount !== 1) throw new PandoError('conflict', `history: stream ${stream} was absorbed by another process`)
        }
      }
      if (writes.length > 0) await c.blocks.bulkWrite(writes, { session, ordered: true })
    })
  } catch (e) {
    if (!isDuplicate(e) && !isPandoError(e, 'conflict')) throw e
    if (!(await isIn(mongo, c, tail, flush))) return false
  }
  // not in the transaction, where everybody who flushes would wait for everybody else; counted twice it does no harm
  const counts = [...days].map(([_id, z]) => ({ updateOne: { filter: { _id }, update: { $inc: { z } }, upsert: true } }))
  if (counts.length > 0) await mongo.call(() => c.days.bulkWrite(counts))
  return true
}

/** The answer to an earlier attempt may have been lost. */
async function isIn(mongo: Mongo, { absorbed }: Collections, tail: Tail, flush: Flush): Promise<boolean> {
  const found = await mongo.call(() => absorbed.find({ _id: { $in: [...tail.cursors.keys()] } }).toArray())
  return found.length === tail.cursors.size && found.every((a) => a.w === flush.writer && a.f === flush.number)
}

interface Packing {
  writes: AnyBulkWriteOperation<BlockDocument>[]
  /** day → octets */
  days: Map<number, number>
}

async function pack(tail: Tail, flush: Flush, pause: Pause): Promise<Packing> {
  const packing: Packing = { writes: [], days: new Map() }
  const picked = new Picked()
  const out = new Octets(1 << 16)
  for (const day of [...tail.days].sort((a, b) => a - b)) {
    for (const device of tail.devices.keys.slice(0, tail.devices.count)) {
      tail.pick(device, day * DAY, (day + 1) * DAY, picked)
      while (picked.begin < picked.end) packSome(packing, tail, day, device, picked, out, flush)
      const wait = pause()
      if (wait !== undefined) await wait
    }
  }
  return packing
}

/** The first of what is picked as a segment, for the block of the device and day that has room. */
function packSome(p: Packing, tail: Tail, day: number, device: number, picked: Picked, out: Octets, flush: Flush): void {
  const { positions, times, sizes, begin } = picked
  let end = begin
  for (let bytes = 0; end < picked.end && end - begin < BLOCK_RECORDS && bytes < BLOCK_BYTES; end++) bytes += sizes[end]!
  out.at = 0
  beginSegment(out, end - begin, times[begin]!, day * DAY)
  for (let i = begin; i < end; i++) {
    const position = positions[i]!
    packRecord(out, tail.piece(position), tail.view(position), offsetOf(position), times[i]!)
  }
  const b = Buffer.from(out.bytes())
  const segment: Segment = { b, c: crc32(b), w: flush.writer, f: flush.number }
  p.writes.push({
    updateOne: {
      filter: { d: device, y: day, n: { $lt: BLOCK_RECORDS }, z: { $lt: BLOCK_BYTES } },
      update: {
        $push: { s: { ...segment, b: new Binary(b) as unknown as Buffer } },
        $inc: { n: end - begin, z: b.length },
        $min: { t0: times[begin]! },
        $max: { t1: times[end - 1]! },
        $setOnInsert: { o: flush.order() },
      },
      upsert: true,
    },
  })
  p.days.set(day, (p.days.get(day) ?? 0) + b.length)
  picked.begin = end
}
