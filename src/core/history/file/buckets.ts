/** Numbers of a device by stretches of time: of the records that there are, and of what is left of dropped ones. */
import { at, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import type { Bucket, BucketQuery, Place } from '../port.ts'
import { type Sight, visitRange } from './query.ts'
import { DAY, timeOf } from './records.ts'
import { HOUR, type Hour, lastNumber, unpackHours } from './rollup.ts'
import { runKind } from './runformat.ts'

/** Every so many records it looks at the clock. */
const OFTEN = 64

/** Gives way to others each `sliceMs`. */
export async function readBuckets(sight: Sight, q: BucketQuery, sliceMs: number): Promise<Bucket[]> {
  const buckets = new Buckets(q.step)
  for (const hour of await hoursLeft(sight, q)) buckets.addHour(hour)
  const placeOf = placesBy(q)
  const range = { from: q.from, to: q.to, step: 1 } as const
  const breathe = breather(sliceMs)
  await visitRange(sight, q.device, range, (b, v, p) => {
    if (b[p + at.kind] !== recordKind.status || (b[p + at.flags]! & recordFlag.foreign) !== 0) return true
    const place = placeOf(v.getUint16(p + at.version, true))
    if (place === null) return true
    const n = lastNumber(b, v, p + RECORD_HEADER + FRAME_HEADER, p + v.getUint32(p, true), place.object, place.position)
    if (!Number.isNaN(n)) buckets.add(timeOf(v, p), n)
    return breathe() ?? true
  })
  return buckets.rows()
}

/** The hours of dropped records that begin in the range. */
async function hoursLeft(sight: Sight, q: BucketQuery): Promise<Hour[]> {
  const found: Hour[] = []
  for (const run of sight.runs) {
    const { kind, day } = run.info
    if (kind !== runKind.rollup || (day + 1) * DAY <= q.from || day * DAY >= q.to) continue
    await sight.using([run], async () => {
      for (const ref of await run.find(q.device, q.from - HOUR, q.to))
        for (const h of unpackHours(await run.block(ref), day))
          if (h.object === q.object && h.position === q.position && h.hour >= q.from && h.hour < q.to) found.push(h)
    })
  }
  return found.sort((a, b) => a.hour - b.hour)
}

function placesBy(q: BucketQuery): (version: number) => Place | null {
  const other = new Map(q.elsewhere?.map(({ version, place }) => [version, place]))
  return (version) => {
    const place = other.get(version)
    return place === undefined ? q : place
  }
}

/** → a promise when it is time to let others work. */
function breather(sliceMs: number): () => Promise<true> | undefined {
  let since = performance.now()
  let n = 0
  return () => {
    if (++n % OFTEN !== 0 || performance.now() - since < sliceMs) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now()
        resolve(true)
      }),
    )
  }
}

class Buckets {
  #rows = new Map<number, Bucket>()
  #step: number
  #newest: Bucket | undefined

  constructor(step: number) {
    this.#step = step
  }

  rows(): Bucket[] {
    return [...this.#rows.values()].sort((a, b) => a.at - b.at)
  }

  add(time: number, n: number): void {
    const at = time - (time % this.#step)
    if (this.#newest?.at === at) join(this.#newest, time, n)
    else this.#put(at, { at, count: 1, min: n, max: n, mean: n, last: n, firstAt: time, lastAt: time })
  }

  addHour({ hour, lastAt, count, min, max, mean, last }: Hour): void {
    this.#put(hour - (hour % this.#step), { at: 0, count, min, max, mean, last, firstAt: hour, lastAt })
  }

  #put(at: number, more: Bucket): void {
    const old = this.#rows.get(at)
    if (old) merge(old, more)
    else this.#rows.set(at, { ...more, at })
    this.#newest = this.#rows.get(at)
  }
}

/** Of records in order of time. */
function join(into: Bucket, time: number, n: number): void {
  into.count++
  into.mean += (n - into.mean) / into.count
  if (n < into.min) into.min = n
  if (n > into.max) into.max = n
  if (time < into.firstAt) into.firstAt = time
  if (time < into.lastAt) return
  into.last = n
  into.lastAt = time
}

function merge(into: Bucket, more: Bucket): void {
  into.count += more.count
  into.mean += ((more.mean - into.mean) * more.count) / into.count
  into.min = Math.min(into.min, more.min)
  into.max = Math.max(into.max, more.max)
  into.firstAt = Math.min(into.firstAt, more.firstAt)
  if (more.lastAt < into.lastAt) return
  into.last = more.last
  into.lastAt = more.lastAt
}
