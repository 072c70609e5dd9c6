/** Buckets of one value: counted by the engine, or here where frames are a codec's, which the engine cannot read. */
import type { Bucket } from '#core/history/port.ts'
import { isForeign } from '#protocol/codec.ts'
import type { Found } from '../down.ts'
import { type Named, placeIn } from './places.ts'
import { numberOf, readRaw } from './raw.ts'
import type { Reading } from './records.ts'

export interface Stretch {
  from: number
  to: number
  step: number
}

/** All versions of a product's model. */
export type Versions = (productId: number) => Promise<readonly number[]>

const PAGE = 10_000

export async function bucketsOf(r: Reading, versions: Versions, found: Found, named: Named, s: Stretch): Promise<Bucket[]> {
  const { device, model } = found
  if (isForeign(model.codec)) return counted(r, found, named, s)
  const elsewhere = await Promise.all(
    (await versions(device.productId))
      .filter((version) => version !== device.modelVersion)
      .map(async (version) => ({ version, place: placeIn(await r.models.get(device.productId, version), named) })),
  )
  const { object, position } = named
  const moved = elsewhere.filter(({ place }) => place?.object !== object || place.position !== position)
  return r.history.buckets({ device: device.id, object, position, ...s, elsewhere: moved })
}

async function counted(r: Reading, found: Found, named: Named, { step, ...range }: Stretch): Promise<Bucket[]> {
  const rows = new Map<number, Bucket>()
  let cursor: string | undefined
  do {
    const page = await readRaw(r, found, named, { ...range, limit: PAGE, ...(cursor !== undefined && { cursor }) })
    for (const sample of page.samples) count(rows, sample.at, numberOf(sample), step)
    cursor = page.next
  } while (cursor !== undefined)
  return [...rows.values()]
}

function count(rows: Map<number, Bucket>, time: number, n: number, step: number): void {
  if (Number.isNaN(n)) return
  const at = time - (time % step)
  const b = rows.get(at)
  if (!b) return void rows.set(at, { at, count: 1, min: n, max: n, mean: n, last: n, firstAt: time, lastAt: time })
  b.count++
  b.mean += (n - b.mean) / b.count
  b.min = Math.min(b.min, n)
  b.max = Math.max(b.max, n)
  b.last = n
  b.lastAt = time
}
