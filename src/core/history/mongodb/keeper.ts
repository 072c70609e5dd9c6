/** The work of history on MongoDB: gathers what is absorbed, makes it durable every few seconds, answers. */
import { randomUUID } from 'node:crypto'
import { batchHead } from '#core/devicelog/batch.ts'
import { jittered } from '#core/remote/backoff.ts'
import type { Mongo } from '#core/remote/mongodb.ts'
import { PandoError } from '#lib/errors.ts'
import { readBuckets } from '../file/buckets.ts'
import type { Pause } from '../file/fold.ts'
import type { Keeping } from '../file/messages.ts'
import { type Answer, answer, type Packed, type Sight } from '../file/query.ts'
import { Tail } from '../file/tail.ts'
import type { Told } from '../file/told.ts'
import type { Bucket, BucketQuery, HistoryQuery } from '../port.ts'
import { daysOf, hoursOf, type Seen } from './days.ts'
import type { Collections } from './documents.ts'
import { flushTail } from './flush.ts'
import { droppedUntil, retain } from './retain.ts'

/**
 * A transaction changes a document of each device. It has as many as the server takes within TARGET_MS: one that takes longer holds up the device log
 * there, and one that took longer than a call may would be tried again for ever.
 */
const MOST_DEVICES = 10_000
const LEAST_DEVICES = 100
/** before anything is known of the server */
const FIRST_DEVICES = 1000
const TARGET_MS = 1000
/** A flush begins when this much has come, when nothing has come for a second, or when the oldest has waited for five. */
const FLUSH_BYTES = 8 << 20
const IDLE_MS = 1000
const AGE_MS = 5000
/** So much may wait while nothing can be written; then no more is taken. */
const MOST_WAITING = 48 << 20
const TICK_MS = 250
const MOST_TAKEN = 5000
const SLICE_MS = 1

export class MongoKeeper implements Keeping {
  #mongo: Mongo
  #c: Collections
  #told: Told
  #tail = new Tail()
  /** what gathers no more, oldest first: the first is being flushed */
  #frozen: Tail[] = []
  #most = FIRST_DEVICES
  #flushing: Promise<void> | undefined
  #cursors: Map<number, number>
  #writer = randomUUID().slice(0, 8)
  /** of the last flush that has begun, and of the last one that is done */
  #number = 0
  #done = 0
  /** what the flush `#number` is of */
  #begun: Tail | undefined
  #order = 0
  #owed = 0
  #oldest = 0
  #newest = 0
  #failures = 0
  #retryAt = 0
  #timer: NodeJS.Timeout

  constructor(mongo: Mongo, c: Collections, cursors: Map<number, number>, told: Told) {
    this.#mongo = mongo
    this.#c = c
    this.#cursors = cursors
    this.#told = told
    told.cursors(new Map(cursors))
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK_MS)
    this.#timer.unref()
  }

  static async open(mongo: Mongo, c: Collections, told: Told): Promise<MongoKeeper> {
    const absorbed = await mongo.call(() => c.absorbed.find().toArray())
    told.dropped(await droppedUntil(mongo, c))
    return new MongoKeeper(mongo, c, new Map(absorbed.map((a) => [a._id, a.q])), told)
  }

  add(batches: Buffer): void {
    this.#newest = performance.now()
    if (this.#tail.records === 0) this.#oldest = this.#newest
    addNew(this.#tail, [batches], this.#cursors)
    this.#owed += batches.length
    this.#pay()
    if (this.#tail.devices.count >= MOST_DEVICES) this.#freeze()
    if (this.#frozen.length > 0 || this.#tail.bytes >= FLUSH_BYTES) this.#flushSoon()
  }

  #freeze(): void {
    if (this.#tail.cursors.size === 0) return
    this.#frozen.push(this.#tail)
    this.#tail = new Tail()
  }

  async read(q: HistoryQuery): Promise<Answer> {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = q
    return answer(await this.#sight((seen) => daysOf(this.#mongo, this.#c, seen, q.device, from, to)), q)
  }

  async buckets(q: BucketQuery): Promise<Bucket[]> {
    const sight = await this.#sight(async (seen) => [
      ...(await hoursOf(this.#mongo, this.#c, q.device, q.from, q.to)),
      ...(await daysOf(this.#mongo, this.#c, seen, q.device, q.from, q.to)),
    ])
    return readBuckets(sight, q, SLICE_MS)
  }

  /** What is in memory at this moment, and what was durable before it. */
  async #sight(runs: (seen: Seen) => Promise<Packed[]>): Promise<Sight> {
    const tails = [...this.#frozen, this.#tail]
    const found = await runs({ writer: this.#writer, flush: this.#done })
    return { runs: found, tails, using: (_, job) => job(), mostTaken: MOST_TAKEN }
  }

  async flush(): Promise<void> {
    this.#freeze()
    while (this.#frozen.length > 0) await this.#flushOnce()
  }

  async retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<{ droppedBytes: number; bytes: number }> {
    try {
      return await retain(this.#mongo, this.#c, limit)
    } finally {
      this.#told.dropped(await droppedUntil(this.#mongo, this.#c))
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #tick(now: number): void {
    const waits = this.#tail.records > 0 && (now - this.#newest >= IDLE_MS || now - this.#oldest >= AGE_MS)
    if (this.#frozen.length > 0 || waits || this.#tail.bytes >= FLUSH_BYTES) this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing || performance.now() < this.#retryAt) return
    this.#flushOnce().then(
      () => this.#frozen.length > 0 && this.#flushSoon(),
      () => {}, // told by health, tried again by #tick
    )
  }

  #flushOnce(): Promise<void> {
    this.#flushing ??= this.#attempt().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #attempt(): Promise<void> {
    if (this.#frozen.length === 0) this.#freeze()
    const tail = this.#first()
    if (tail === undefined) return
    const began = performance.now()
    const flush = { writer: this.#writer, number: this.#number, from: this.#cursors, order: () => this.#nextOrder() }
    try {
      if (!(await flushTail(this.#mongo, this.#c, tail, flush, pauses()))) return void (await this.#catchUp())
      for (const [stream, seq] of tail.cursors) this.#cursors.set(stream, seq)
      this.#frozen.shift()
      this.#done = this.#number
      this.#failures = 0
      this.#learn(tail.devices.count, performance.now() - began)
      this.#told.health(undefined)
      this.#told.cursors(new Map(this.#cursors))
      this.#pay()
    } catch (e) {
      this.#told.health((e as Error).message)
      this.#most = Math.max(LEAST_DEVICES, Math.min(this.#most, tail.devices.count) >> 1)
      this.#retryAt = performance.now() + jittered(++this.#failures)
      throw e
    }
  }

  /** So many devices took so long. */
  #learn(devices: number, ms: number): void {
    if (ms > TARGET_MS) this.#most = Math.max(LEAST_DEVICES, Math.floor((devices * TARGET_MS) / ms))
    else if (devices * 2 > this.#most) this.#most = Math.min(MOST_DEVICES, this.#most * 2)
  }

  /** What is flushed next: all that was frozen first, or as much of it as may be tried at once. */
  #first(): Tail | undefined {
    const [tail] = this.#frozen
    if (tail && tail.devices.count > this.#most) this.#frozen.splice(0, 1, ...parted(tail, this.#most))
    const first = this.#frozen[0]
    if (first !== this.#begun) this.#number++
    this.#begun = first
    return first
  }

  /** Another process has absorbed some of it, or an attempt of ours that was given up has: what is left is tried again, behind that. */
  async #catchUp(): Promise<void> {
    const tails = [...this.#frozen, this.#tail]
    const streams = [...new Set(tails.flatMap((t) => [...t.cursors.keys()]))]
    const absorbed = await this.#mongo.call(() => this.#c.absorbed.find({ _id: { $in: streams } }).toArray())
    const known = new Map(absorbed.map(({ _id, q }) => [_id, q]))
    for (const stream of streams) {
      if ((known.get(stream) ?? 0) < (this.#cursors.get(stream) ?? 0)) {
        const why = `has lost what it had confirmed of stream ${stream}; a new start reads it from the device log again`
        throw new PandoError('store_damaged', `history: ${this.#mongo.where} ${why}`, { file: this.#mongo.where, offset: 0 })
      }
    }
    for (const [stream, q] of known) this.#cursors.set(stream, q)
    // read now from there, no longer from memory
    for (const { w, f } of absorbed) if (w === this.#writer) this.#done = Math.max(this.#done, f)
    const left = (tail: Tail): Tail => addNew(new Tail(), tail.contents(), this.#cursors)
    this.#frozen = this.#frozen.map(left).filter((tail) => tail.cursors.size > 0)
    this.#tail = left(this.#tail)
    this.#told.cursors(new Map(this.#cursors))
    this.#pay()
  }

  /** Grows, whatever the clock does. */
  #nextOrder(): number {
    this.#order = Math.max(this.#order + 1, Date.now() * 1000)
    return this.#order
  }

  #pay(): void {
    const waiting = this.#frozen.reduce((sum, tail) => sum + tail.bytes, this.#tail.bytes)
    if (this.#owed === 0 || waiting > MOST_WAITING) return
    this.#told.taken(this.#owed)
    this.#owed = 0
  }
}

/** Of whole batches those behind the cursors. → tail */
function addNew(tail: Tail, pieces: Iterable<Buffer>, cursors: ReadonlyMap<number, number>): Tail {
  for (const batch of batchesOf(pieces)) {
    const { stream, seq } = batchHead(batch)
    if (seq > (cursors.get(stream) ?? 0)) tail.add(batch)
  }
  return tail
}

/** The oldest batches, as far as they are of fewer devices than `most`, one at least; and the others. */
function parted(tail: Tail, most: number): Tail[] {
  const [first, others] = [new Tail(), new Tail()]
  for (const batch of batchesOf(tail.contents())) (others.records === 0 && first.devices.count < most ? first : others).add(batch)
  return others.records === 0 ? [first] : [first, others]
}

function* batchesOf(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) {
    for (let p = 0, size = 0; p < piece.length; p += size) {
      size = batchHead(piece, p).size
      yield piece.subarray(p, p + size)
    }
  }
}

/** Gives way to others after a slice of time. */
function pauses(): Pause {
  let since = performance.now()
  let n = 0
  return () => {
    if (++n & 15 || performance.now() - since < SLICE_MS) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now()
        resolve()
      }),
    )
  }
}
