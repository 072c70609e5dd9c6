/** Cursors and registered consumers. Positions gather for a moment and go out together; what cannot be written waits, newest only. */

import { jittered } from '#core/remote/backoff.ts'
import type { Mongo } from '#core/remote/mongodb.ts'
import { type Collections, cursorKey, double } from './documents.ts'

/** Leaves room for the write within the second that the port promises. */
const FLUSH_MS = 400
const MOST_AT_ONCE = 1000

export interface Cursors {
  get(consumer: string, stream: number): Promise<number>
  advance(consumer: string, positions: ReadonlyMap<number, number>): void
  register(owner: string, names: readonly string[]): Promise<void>
  forget(consumer: string): Promise<void>
  all(): Promise<Map<string, Map<number, number>>>
  /** streams that some cursor names */
  streams(): Promise<Set<number>>
  /** Per registered consumer its positions by stream. */
  holders(): Promise<Map<string, Map<number, number>>>
  /** The stream is no more. */
  drop(stream: number): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** consumer → stream → seq */
type Positions = Map<string, Map<number, number>>

export function mongoCursors(mongo: Mongo, { cursors, consumers }: Collections): Cursors {
  /** not written yet */
  let waiting: Positions = new Map()
  /** on its way to the server: not there yet */
  let going: Positions = new Map()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let failures = 0
  let closed = false

  const mineOf = (consumer: string): Map<number, number> => {
    let mine = waiting.get(consumer)
    if (!mine) waiting.set(consumer, (mine = new Map()))
    return mine
  }
  const put = (consumer: string, stream: number, seq: number): void => {
    const mine = mineOf(consumer)
    if (seq > (mine.get(stream) ?? 0)) mine.set(stream, seq)
  }

  function soon(ms: number): void {
    if (timer || closed) return
    timer = setTimeout(() => {
      timer = undefined
      flush().catch(() => soon(jittered(++failures)))
    }, ms)
    timer.unref()
  }

  async function write(): Promise<void> {
    const taken = waiting
    waiting = new Map()
    going = taken
    const writes = [...taken].flatMap(([c, positions]) =>
      [...positions].map(([s, q]) => ({
        updateOne: {
          filter: { _id: cursorKey(c, s) },
          update: { $max: { q: double(q) }, $setOnInsert: { c, s: double(s) } },
          upsert: true,
        },
      })),
    )
    try {
      for (let i = 0; i < writes.length; i += MOST_AT_ONCE)
        await mongo.call(() => cursors.bulkWrite(writes.slice(i, i + MOST_AT_ONCE), { ordered: false }))
      failures = 0
    } catch (e) {
      for (const [c, positions] of taken) for (const [s, q] of positions) put(c, s, q)
      throw e
    } finally {
      going = new Map()
    }
  }

  function flush(): Promise<void> {
    writing = writing.catch(() => {}).then(write)
    return writing
  }

  return {
    async get(consumer, stream) {
      const here = Math.max(...[waiting, going].map((p) => p.get(consumer)?.get(stream) ?? 0))
      const found = await mongo.call(() => cursors.findOne({ _id: cursorKey(consumer, stream) }))
      return Math.max(found?.q ?? 0, here)
    },
    advance(consumer, positions) {
      for (const [stream, seq] of positions) if (seq > 0) put(consumer, stream, seq)
      soon(FLUSH_MS)
    },
    async register(owner, names) {
      const writes = names.map((name) => ({ updateOne: { filter: { _id: name }, update: { $set: { owner } }, upsert: true } }))
      if (writes.length > 0) await mongo.call(() => consumers.bulkWrite(writes))
      await mongo.call(() => consumers.deleteMany({ owner, _id: { $nin: [...names] } }))
    },
    async forget(consumer) {
      waiting.delete(consumer)
      await writing.catch(() => {})
      await mongo.call(() => consumers.deleteOne({ _id: consumer }))
      await mongo.call(() => cursors.deleteMany({ c: consumer }))
    },
    async all() {
      await flush()
      const out = new Map<string, Map<number, number>>()
      for (const { c, s, q } of await mongo.call(() => cursors.find().toArray())) out.set(c, (out.get(c) ?? new Map()).set(s, q))
      return out
    },
    async streams() {
      const here = [waiting, going].flatMap((p) => [...p.values()]).flatMap((positions) => [...positions.keys()])
      const rows = await mongo.call(() => cursors.aggregate<{ _id: number }>([{ $group: { _id: '$s' } }]).toArray())
      return new Set([...rows.map((r) => r._id), ...here])
    },
    async holders() {
      const names = await mongo.call(() => consumers.find().toArray())
      const out = new Map<string, Map<number, number>>()
      for (const { _id: name } of names) {
        const rows = await mongo.call(() => cursors.find({ c: name }).toArray())
        out.set(name, new Map(rows.map((r) => [r.s, r.q])))
      }
      return out
    },
    async drop(stream) {
      for (const positions of waiting.values()) positions.delete(stream)
      await mongo.call(() => cursors.deleteMany({ s: double(stream) }))
    },
    flush,
    async close() {
      closed = true
      clearTimeout(timer)
      await flush()
    },
  }
}
