/** Numbers of a device by stretches of time: of the records that there are, and of what is left of dropped ones. */
import { recordFlag } from '#core/devicelog/batch.ts'
import type { Bucket, BucketQuery, Place } from '../port.ts'
import { type Breathe, eachRun, glance } from './glance.ts'
import type { Sight } from './query.ts'
import { HOUR, type Hour, lastNumber, unpackHours } from './rollup.ts'
import { runKind } from './runformat.ts'

/** Gives way to others each `sliceMs`. */
export async function readBuckets(sight: Sight, q: BucketQuery, sliceMs: number): Promise<Bucket[]> {
  const buckets = new Buckets(q.step)
  const placeOf = placesBy(q)
  for (const hour of await hoursLeft(sight, q, placeOf)) buckets.addHour(hour)
  await glance(
    sight,
    q,
    (b, v, time, version, flags, from, to) => {
      const place = flags & recordFlag.foreign ? null : placeOf(version)
      if (place === null) return
      const n = lastNumber(b, v, from, to, place.object, place.position)
      if (!Number.isNaN(n)) buckets.add(time, n)
    },
    breather(sliceMs),
  )
  return buckets.rows()
}

/** The hours of dropped records that begin in the range. */
async function hoursLeft(sight: Sight, q: BucketQuery, placeOf: PlaceOf): Promise<Hour[]> {
  const found: Hour[] = []
  const isWanted = (h: Hour): boolean => {
    const place = placeOf(h.version)
    return h.object === place?.object && h.position === place.position && h.hour >= q.from && h.hour < q.to
  }
  await eachRun(sight, runKind.rollup, { ...q, from: q.from - HOUR }, async (run, refs) => {
    for (const ref of refs) for (const h of unpackHours(await run.block(ref), run.info.day)) if (isWanted(h)) found.push(h)
  })
  return found.sort((a, b) => a.hour - b.hour)
}

type PlaceOf = (version: number) => Place | null

function placesBy(q: BucketQuery): PlaceOf {
  const other = new Map(q.elsewhere?.map(({ version, place }) => [version, place]))
  return (version) => {
    const place = other.get(version)
    return place === undefined ? q : place
  }
}

/** → a promise when it is time to let others work. */
function breather(sliceMs: number): Breathe {
  let since = performance.now()
  return () => {
    if (performance.now() - since < sliceMs) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now()
        resolve()
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
