/** Retention: of each stream the oldest batches, as far as every registered consumer has finished with them. */
import type { Mongo } from '#core/remote/mongodb.ts'
import type { Tip } from './append.ts'
import type { Cursors } from './cursors.ts'
import { AGE_INDEX, batchKey, type Collections, double } from './documents.ts'
import type { Sizes } from './sizes.ts'

export interface Retained {
  droppedBytes: number
  bytes: number
  heldBackBy?: string
}

interface Limit {
  maxBytes: number
  maxAgeMs: number
}

/** As DeviceLog.retain. Several processes may do it at once. */
export async function retain(mongo: Mongo, c: Collections, at: Places, limit: Limit): Promise<Retained> {
  const { cursors, sizes, tip } = at
  await cursors.flush()
  const bytes = await sizes.bytes()
  const found = await pick(mongo, c, await cursors.holders(), bytes, limit)
  let droppedBytes = 0
  for (const [stream, upTo] of found.upTo) droppedBytes += await sizes.drop(stream, upTo)
  await forgetEnded(mongo, c, cursors, tip)
  return { droppedBytes, bytes: bytes - droppedBytes, ...(found.heldBackBy !== undefined && { heldBackBy: found.heldBackBy }) }
}

type Tips = (stream: number) => Promise<Tip | undefined>

interface Places {
  cursors: Cursors
  sizes: Sizes
  tip: Tips
}

interface Picked {
  /** stream → last seq that goes */
  upTo: Map<number, number>
  heldBackBy?: string
}

/** Goes over the batches, oldest first, until the rest is within the limits. */
async function pick(
  mongo: Mongo,
  { log }: Collections,
  holders: ReadonlyMap<string, ReadonlyMap<number, number>>,
  bytes: number,
  { maxBytes, maxAgeMs }: Limit,
): Promise<Picked> {
  const picked: Picked = { upTo: new Map() }
  const held = new Set<number>()
  const oldest = Date.now() - maxAgeMs
  let left = bytes
  await mongo.call(async () => {
    const projection = { _id: 1, t: 1, z: 1 }
    for await (const { _id, t = 0, z = 0 } of log.find({ t: { $gt: 0 } }, { projection, sort: { t: 1 }, hint: AGE_INDEX })) {
      if (left <= maxBytes && t >= oldest) return
      if (held.has(_id.s)) continue
      const holder = [...holders].find(([, positions]) => (positions.get(_id.s) ?? 0) < _id.q)
      if (holder) {
        picked.heldBackBy ??= holder[0]
        held.add(_id.s)
        continue
      }
      left -= z
      picked.upTo.set(_id.s, Math.max(_id.q, picked.upTo.get(_id.s) ?? 0))
    }
  })
  return picked
}

/** How long the seal of a stream that is gone still keeps a writer out that slept through it. */
const SEAL_KEPT_MS = 86_400_000

/** Sealed streams that hold nothing are not listed any more; their seals go much later, the stream itself last. */
async function forgetEnded(mongo: Mongo, { log, streams }: Collections, cursors: Cursors, tip: Tips): Promise<void> {
  const now = Date.now()
  for (const { _id: stream, gone } of await mongo.call(() => streams.find({ sealed: { $exists: true } }).toArray())) {
    const t = await tip(stream)
    if (!t || t.first <= t.last) continue
    if (gone === undefined) {
      await cursors.drop(stream)
      await mongo.call(() => streams.updateOne({ _id: double(stream) }, { $set: { gone: double(now) } }))
    } else if (gone < now - SEAL_KEPT_MS) {
      await mongo.call(() => log.deleteOne({ _id: batchKey(stream, t.last + 1), sealed: true }))
      await mongo.call(() => streams.deleteOne({ _id: double(stream) }))
    }
  }
}
