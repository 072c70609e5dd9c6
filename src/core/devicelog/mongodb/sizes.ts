/**
 * How many octets the log holds. The statistics of a collection may be wrong after a crash; the index by age is not, but it is long: what is
 * older than SETTLED_MS is gone through once, in calls of about a second, and then only what is newer.
 */
import type { Mongo } from '#core/remote/mongodb.ts'
import { AGE_INDEX, behind, bySeq, type Collections, double } from './documents.ts'

/** A batch comes to the log this late at most, whatever the clock of its node; one that comes later counts when all is counted anew. */
const SETTLED_MS = 5 * 60_000
const WINDOW_MS = 10 * 60_000
const LEAST_WINDOW_MS = 100
const SLOW_MS = 1000
const FAST_MS = 250
/** What two processes dropped at the same time may have been counted twice until then. */
const ANEW_MS = 24 * 60 * 60_000
/** So many numbers of a stream go in one call. */
const AT_ONCE = 10_000

export interface Sizes {
  /** of all batches */
  bytes(): Promise<number>
  /** Takes out the batches of a stream up to a number; that they are gone is written down first: their numbers must never be free again. → their octets */
  drop(stream: number, upTo: number): Promise<number>
}

export function sizes(mongo: Mongo, { log, streams }: Collections): Sizes {
  /** octets of what is older than `through` */
  let settled = nothing()
  let window = WINDOW_MS

  /** Whoever drops moves the beginning of a stream first. */
  async function droppedByOthers(): Promise<boolean> {
    const all = await mongo.call(() => streams.find({}, { projection: { first: 1 } }).toArray())
    const moved = all.some(({ _id, first }) => first !== (settled.firsts.get(_id) ?? first))
    settled.firsts = new Map(all.map((s) => [s._id, s.first]))
    return moved
  }

  async function sum(from: number, to: number): Promise<number> {
    const wanted = [
      { $match: { t: { ...(Number.isFinite(from) ? { $gte: from } : { $gt: 0 }), ...(Number.isFinite(to) && { $lt: to }) } } },
      { $group: { _id: null, z: { $sum: '$z' } } },
    ]
    const [row] = await mongo.call(() => log.aggregate<{ z: number }>(wanted, { hint: AGE_INDEX }).toArray())
    return row?.z ?? 0
  }

  async function oldest(): Promise<number | undefined> {
    const order = { projection: { t: 1 }, sort: { t: 1 }, hint: AGE_INDEX } as const
    return (await mongo.call(() => log.findOne({ t: { $gt: 0 } }, order)))?.t
  }

  /** Goes on from what was counted to what is settled by now, in windows as long as a call of about a second takes. */
  async function settle(until: number): Promise<void> {
    let from = Number.isFinite(settled.through) ? settled.through : ((await oldest()) ?? until)
    while (from < until) {
      const to = Math.min(from + window, until)
      const began = performance.now()
      // shorter next time, if it fails
      window = Math.max(LEAST_WINDOW_MS, window / 2)
      settled.bytes += await sum(from, to)
      settled.through = from = to
      const took = performance.now() - began
      if (took < SLOW_MS) window *= took < FAST_MS ? 4 : 2
    }
  }

  const oldestOf = async (stream: number) =>
    (await mongo.call(() => log.findOne(behind(stream, 0), { projection: { _id: 1 }, sort: bySeq(1) })))?._id.q

  async function take(stream: number, from: number, upTo: number): Promise<number> {
    let dropped = 0
    for (let after = from - 1; after < upTo; after += AT_ONCE) {
      const some = behind(stream, after, Math.min(upTo, after + AT_ONCE))
      const old = { $cond: [{ $lt: ['$t', settled.through] }, '$z', 0] }
      const sums = { $group: { _id: null, z: { $sum: '$z' }, old: { $sum: old } } }
      const [row] = await mongo.call(() => log.aggregate<{ z: number; old: number }>([{ $match: some }, sums]).toArray())
      await mongo.call(() => log.deleteMany(some))
      dropped += row?.z ?? 0
      settled.bytes -= row?.old ?? 0
    }
    return dropped
  }

  return {
    async bytes() {
      const moved = await droppedByOthers()
      if (moved || performance.now() - settled.since > ANEW_MS) settled = { ...nothing(), firsts: settled.firsts }
      await settle(Date.now() - SETTLED_MS)
      return settled.bytes + (await sum(settled.through, Number.POSITIVE_INFINITY))
    },

    async drop(stream, upTo) {
      const change = { $max: { first: double(upTo + 1) } }
      const before = await mongo.call(() => streams.findOneAndUpdate({ _id: double(stream) }, change, { upsert: true }))
      settled.firsts.set(stream, Math.max(before?.first ?? 1, upTo + 1))
      // what an attempt before has left is among them
      const from = (await oldestOf(stream)) ?? upTo + 1
      try {
        return await take(stream, from, upTo)
      } catch (e) {
        settled = nothing()
        throw e
      }
    },
  }
}

const nothing = () => ({
  since: performance.now(),
  through: Number.NEGATIVE_INFINITY,
  bytes: 0,
  /** where each stream began when it was last looked at, or dropped from here */
  firsts: new Map<number, number>(),
})
