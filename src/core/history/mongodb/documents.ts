/**
 * The documents of history in MongoDB. Segments are packed as file/segment.ts says, hours as file/rollup.ts does; each has its crc32.
 *
 *   blocks    {d: device, y: day since 1970, o: order of arrival, n: records, z: octets, t0, t1: least and greatest time,
 *              s: [{b: segment, c: crc, w: process, f: its flush}]}      filled up segment by segment
 *   hours     {_id: device.day, d, y, b, c}                              what is left of a day that was dropped
 *   days      {_id: day, z: octets of blocks, h: octets of hours}, {_id: -1, until: before when records have been dropped}
 *   absorbed  {_id: stream, q: last seq, w, f}
 *   snapshots, snapshotparts                                             disk.ts
 */

import { crc32 } from 'node:zlib'
import type { Collection } from 'mongodb'
import type { Mongo } from '#core/remote/mongodb.ts'
import { PandoError } from '#lib/errors.ts'

export interface Segment {
  b: Buffer
  c: number
  w: string
  f: number
}

export interface BlockDocument {
  d: number
  y: number
  o: number
  n: number
  z: number
  t0: number
  t1: number
  s: Segment[]
}

export interface HoursDocument {
  _id: string
  d: number
  y: number
  b: Buffer
  c: number
}

export interface DayDocument {
  _id: number
  z: number
  h?: number
  until?: number
}

/** Where it stands among the days until when records have been dropped. */
export const NO_DAY = -1

export interface AbsorbedDocument {
  _id: number
  q: number
  w: string
  f: number
}

export interface Collections {
  blocks: Collection<BlockDocument>
  hours: Collection<HoursDocument>
  days: Collection<DayDocument>
  absorbed: Collection<AbsorbedDocument>
}

export async function openCollections(mongo: Mongo): Promise<Collections> {
  const { db } = mongo
  const blocks = db.collection<BlockDocument>('blocks')
  const hours = db.collection<HoursDocument>('hours')
  await mongo.call(() => blocks.createIndex({ d: 1, y: 1, n: 1 }, { name: 'device' }))
  await mongo.call(() => blocks.createIndex({ y: 1, d: 1 }, { name: 'day' }))
  await mongo.call(() => hours.createIndex({ d: 1, y: 1 }, { name: 'device' }))
  await mongo.call(() => hours.createIndex({ y: 1 }, { name: 'day' }))
  return { blocks, hours, days: db.collection('days'), absorbed: db.collection('absorbed') }
}

/** The octets, if they are what was stored. */
export function checked({ b, c }: Pick<Segment, 'b' | 'c'>, where: string): Buffer {
  if (crc32(b) === c) return b
  throw new PandoError('store_damaged', `${where} is damaged: wrong checksum`, { file: where, offset: 0 })
}
