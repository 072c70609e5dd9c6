/** Retention by days, oldest first: of each device's day its hours stay, and take the place of its blocks in one transaction. */
import { crc32 } from 'node:zlib'
import type { Mongo } from '#core/remote/mongodb.ts'
import { DAY, dayOf, Records } from '../file/records.ts'
import { Hours, packHours, unpackHours } from '../file/rollup.ts'
import { unpackSegments } from '../file/segment.ts'
import { type Collections, checked, NO_DAY } from './documents.ts'

interface Limit {
  maxBytes: number
  maxAgeMs: number
}

/** What hours may take of the budget, and how much longer than records they are kept: as in file/tender.ts. */
const HOURS_SHARE = 0.25
const HOURS_AGE = 10

export async function retain(
  mongo: Mongo,
  c: Collections,
  limit: Limit,
  now = Date.now(),
): Promise<{ droppedBytes: number; bytes: number }> {
  const before = await sizes(mongo, c)
  for (;;) {
    const { days, bytes } = await sizes(mongo, c)
    const oldest = days.find((d) => d.z > 0)
    if (!oldest || (oldest._id >= dayOf(now - limit.maxAgeMs) && bytes <= limit.maxBytes)) break
    await dropDay(mongo, c, oldest._id)
  }
  await dropHours(mongo, c, dayOf(Math.max(0, now - limit.maxAgeMs * HOURS_AGE)), limit.maxBytes * HOURS_SHARE)
  const { bytes } = await sizes(mongo, c)
  return { droppedBytes: before.bytes - bytes, bytes }
}

async function sizes(mongo: Mongo, { days }: Collections) {
  const all = await mongo.call(() => days.find({}, { sort: { _id: 1 } }).toArray())
  return { days: all, bytes: all.reduce((sum, d) => sum + d.z + (d.h ?? 0), 0) }
}

async function dropDay(mongo: Mongo, c: Collections, day: number): Promise<void> {
  for (;;) {
    const next = await mongo.call(() => c.blocks.findOne({ y: day }, { sort: { y: 1, d: 1 }, projection: { d: 1 } }))
    if (!next) break
    await dropDevice(mongo, c, next.d, day)
  }
  const [left] = await mongo.call(() =>
    c.hours
      .aggregate<{ h: number }>([{ $match: { y: day } }, { $group: { _id: null, h: { $sum: { $bsonSize: '$$ROOT' } } } }])
      .toArray(),
  )
  await mongo.call(() => c.days.updateOne({ _id: day }, { $set: { z: 0, h: left?.h ?? 0 } }))
  const until = { $max: { until: (day + 1) * DAY }, $setOnInsert: { z: 0 } }
  await mongo.call(() => c.days.updateOne({ _id: NO_DAY }, until, { upsert: true }))
}

/** Records before this have been dropped; 0: none has. */
export async function droppedUntil(mongo: Mongo, { days }: Collections): Promise<number> {
  return (await mongo.call(() => days.findOne({ _id: NO_DAY })))?.until ?? 0
}

/** What is read and what is deleted are the same blocks: one that comes meanwhile is left for the next time. */
async function dropDevice(mongo: Mongo, c: Collections, device: number, day: number): Promise<void> {
  const _id = `${device}.${day}`
  await mongo.transaction(async (session) => {
    const blocks = await c.blocks.find({ d: device, y: day }, { session }).toArray()
    const old = await c.hours.findOne({ _id }, { session })
    const hours = new Hours()
    for (const h of old ? unpackHours(checked(old, `hours ${_id} of ${mongo.where}`), day) : []) hours.add(h)
    const records = new Records()
    // what is damaged leaves nothing
    for (const { b, c: crc } of blocks.flatMap((x) => x.s)) if (crc32(b) === crc) unpackSegments(b, device, day * DAY, records)
    for (let i = 0; i < records.count; i++) hours.addRecord(records.out.b, records.out.v, records.places[i]!)
    const b = packHours(hours.rows(), day)
    const document = { d: device, y: day, b, c: crc32(b) }
    if (b.length > 0) await c.hours.replaceOne({ _id }, document, { session, upsert: true })
    await c.blocks.deleteMany({ _id: { $in: blocks.map((x) => x._id) } }, { session })
  })
}

async function dropHours(mongo: Mongo, c: Collections, oldest: number, most: number): Promise<void> {
  const { days } = await sizes(mongo, c)
  let surplus = days.reduce((sum, d) => sum + (d.h ?? 0), 0) - most
  for (const { _id, h = 0, z } of days) {
    if (h === 0 || (_id >= oldest && surplus <= 0)) continue
    await mongo.call(() => c.hours.deleteMany({ y: _id }))
    await mongo.call<unknown>(() => (z > 0 ? c.days.updateOne({ _id }, { $set: { h: 0 } }) : c.days.deleteOne({ _id })))
    surplus -= h
  }
}
