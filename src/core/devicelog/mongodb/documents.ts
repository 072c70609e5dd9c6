/**
 * The documents of the device log in MongoDB. Numbers are stored as doubles, so that a key has one form only.
 *
 *   log       {_id: {s: stream, q: seq}, n: records, crc, b: the batch, z: its octets, t: its time}
 *             {_id: {s, q}, sealed: true}      the end of the stream: nobody can take this number any more
 *   streams   {_id: stream, first: the first seq that has not been dropped, sealed?: the last seq, gone?: since when nothing is left of it}
 *   cursors   {_id: stream/consumer, c: consumer, s: stream, q: seq}
 *   consumers {_id: consumer, owner}           whose cursors hold back retention
 *   holders   {_id: work, owner, beat}         who does what one process does at a time
 */
import { type Binary, type Collection, Double } from 'mongodb'
import type { Mongo } from '#core/remote/mongodb.ts'

export interface BatchKey {
  s: number
  q: number
}

export interface BatchDocument {
  _id: BatchKey
  n?: number
  crc?: number
  b?: Buffer | Binary
  z?: number
  t?: number
  sealed?: true
}

export interface StreamDocument {
  _id: number
  first: number
  sealed?: number
  gone?: number
}

export interface CursorDocument {
  _id: string
  c: string
  s: number
  q: number
}

export interface ConsumerDocument {
  _id: string
  owner: string
}

export interface HolderDocument {
  _id: string
  owner: string
  beat: number
}

export interface Collections {
  log: Collection<BatchDocument>
  streams: Collection<StreamDocument>
  cursors: Collection<CursorDocument>
  consumers: Collection<ConsumerDocument>
  holders: Collection<HolderDocument>
}

/** A double, whatever it is as a number of JavaScript. */
export const double = (n: number): number => new Double(n) as unknown as number

export const batchKey = (stream: number, seq: number): BatchKey => ({ s: double(stream), q: double(seq) })
export const cursorKey = (consumer: string, stream: number): string => `${stream}/${consumer}`

/** Of a stream, what lies behind `after`, up to `last`. */
export const behind = (stream: number, after: number, last = Number.POSITIVE_INFINITY) => ({
  '_id.s': double(stream),
  '_id.q': { $gt: double(after), $lte: double(last) },
})
/** With `behind`: in order of the numbers, or backwards. */
export const bySeq = (step: 1 | -1) => ({ '_id.s': step, '_id.q': step })

/** The numbers themselves, not the document that they make: ranges of a stream, and the newest of it, are read by it. */
const KEY = { '_id.s': 1, '_id.q': 1 } as const
/** Oldest first; what retention needs of a batch stands in it whole. */
const AGE = { t: 1, '_id.s': 1, '_id.q': 1, z: 1 } as const
export const AGE_INDEX = 'age'

export async function openCollections(mongo: Mongo): Promise<Collections> {
  const { db } = mongo
  const log = db.collection<BatchDocument>('log')
  await mongo.call(() => log.createIndex(KEY, { name: 'key' }))
  await mongo.call(() => log.createIndex(AGE, { name: AGE_INDEX }))
  return {
    log,
    streams: db.collection('streams'),
    cursors: db.collection('cursors'),
    consumers: db.collection('consumers'),
    holders: db.collection('holders'),
  }
}
