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
  #frozen: Tail | undefined
  #flushing: Promise<void> | undefined
  #cursors: Map<number, number>
  #writer = randomUUID().slice(0, 8)
  /** of the flush that is under way, and of the last one that is done */
  #number = 0
  #done = 0
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
    if (this.#tail.bytes >= FLUSH_BYTES) this.#flushSoon()
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
    const tails = this.#frozen ? [this.#frozen, this.#tail] : [this.#tail]
    const found = await runs({ writer: this.#writer, flush: this.#done })
    return { runs: found, tails, using: (_, job) => job(), mostTaken: MOST_TAKEN }
  }

  async flush(): Promise<void> {
    const wanted = this.#tail
    if (wanted.cursors.size > 0 && !this.#frozen) await this.#flushOnce()
    while (this.#frozen) await this.#flushOnce()
    if (this.#tail === wanted && wanted.cursors.size > 0) await this.flush()
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
    if (this.#frozen || waits || this.#tail.bytes >= FLUSH_BYTES) this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing || performance.now() < this.#retryAt) return
    this.#flushOnce().catch(() => {}) // told by health, tried again by #tick
  }

  #flushOnce(): Promise<void> {
    this.#flushing ??= this.#attempt().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #attempt(): Promise<void> {
    if (!this.#frozen) {
      this.#frozen = this.#tail
      this.#tail = new Tail()
      this.#number++
    }
    const tail = this.#frozen
    const flush = { writer: this.#writer, number: this.#number, from: this.#cursors, order: () => this.#nextOrder() }
    try {
      if (!(await flushTail(this.#mongo, this.#c, tail, flush, pauses()))) return void (await this.#catchUp(tail))
      for (const [stream, seq] of tail.cursors) this.#cursors.set(stream, seq)
      this.#frozen = undefined
      this.#done = this.#number
      this.#failures = 0
      this.#told.health(undefined)
      this.#told.cursors(new Map(this.#cursors))
      this.#pay()
    } catch (e) {
      this.#told.health((e as Error).message)
      this.#retryAt = performance.now() + jittered(++this.#failures)
      throw e
    }
  }

  /** Another process has absorbed some of it: what is left is tried again, behind that. */
  async #catchUp(tail: Tail): Promise<void> {
    const absorbed = await this.#mongo.call(() => this.#c.absorbed.find({ _id: { $in: [...tail.cursors.keys()] } }).toArray())
    const known = new Map(absorbed.map(({ _id, q }) => [_id, q]))
    for (const stream of tail.cursors.keys()) {
      if ((known.get(stream) ?? 0) < (this.#cursors.get(stream) ?? 0)) {
        const why = `has lost what it had confirmed of stream ${stream}; a new start reads it from the device log again`
        throw new PandoError('store_damaged', `history: ${this.#mongo.where} ${why}`, { file: this.#mongo.where, offset: 0 })
      }
    }
    for (const [stream, q] of known) this.#cursors.set(stream, q)
    const rest = new Tail()
    addNew(rest, tail.contents(), this.#cursors)
    const newer = new Tail()
    addNew(newer, this.#tail.contents(), this.#cursors)
    this.#tail = newer
    this.#frozen = rest.cursors.size > 0 ? rest : undefined
    this.#told.cursors(new Map(this.#cursors))
    this.#pay()
  }

  /** Grows, whatever the clock does. */
  #nextOrder(): number {
    this.#order = Math.max(this.#order + 1, Date.now() * 1000)
    return this.#order
  }

  #pay(): void {
    if (this.#owed === 0 || this.#tail.bytes + (this.#frozen?.bytes ?? 0) > MOST_WAITING) return
    this.#told.taken(this.#owed)
    this.#owed = 0
  }
}

/** Of whole batches those behind the cursors. */
function addNew(tail: Tail, pieces: Iterable<Buffer>, cursors: ReadonlyMap<number, number>): void {
  for (const piece of pieces) {
    for (let p = 0, size = 0; p < piece.length; p += size) {
      const { stream, seq, ...head } = batchHead(piece, p)
      size = head.size
      if (seq > (cursors.get(stream) ?? 0)) tail.add(piece.subarray(p, p + size))
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
