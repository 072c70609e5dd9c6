/** One value by time: as it came, or in buckets. */
import type { Face } from '#contracts/contract.ts'
import type { controller, Gap, Series, SeriesFn } from '#contracts/controller.ts'
import type { Bucket } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import { tlvType } from '#protocol/tlv.ts'
import type { Found } from '../down.ts'
import { bucketsOf, type Stretch, type Versions } from './buckets.ts'
import { gapsOf, quietIn, type Said } from './gaps.ts'
import { type Named, namedPlace } from './places.ts'
import { offlineIn } from './presence.ts'
import { numberOf, readRaw, type Sample, shownValue } from './raw.ts'
import type { Reading } from './records.ts'

export type SeriesQuery = Parameters<Face<typeof controller>['series']>[0]

const MOST_BUCKETS = 50_000
const MOST_VALUES = 10_000

export interface SeriesParts extends Reading {
  versions: Versions
  now(): number
}

/** See `series` of the contract. */
export async function readSeries(p: SeriesParts, q: SeriesQuery): Promise<Series> {
  const found = await p.find(q.deviceId)
  const named = namedPlace(found.model, q.object, q.value)
  if (!(q.to > q.from)) throw new PandoError('invalid', 'to: it must be later than from', { field: 'to', reason: 'not_after' })
  if (q.every === undefined && q.points === undefined) return raw(p, q, found, named)
  if (!isNumber(named))
    throw new PandoError('invalid', `value: ${named.param.name} is no number`, { field: 'value', reason: 'no_number' })
  const stretch = stretchOf(q)
  const buckets = await bucketsOf(p, p.versions, found, named, stretch)
  const few = q.every === undefined ? await fewEnough(p, found, named, buckets, stretch, q.points!) : undefined
  if (few)
    return rawSeries(
      p,
      q,
      named,
      few.filter(({ at }) => at >= q.from && at < q.to),
    )
  return bucketSeries(p, q, named, buckets, stretch.step)
}

const isNumber = ({ param }: Named): boolean => !['string', 'bytes'].includes(tlvType(param.valueType)?.name ?? '')

/** `every`, or as many buckets as there may be points; whole ones. */
function stretchOf({ from, to, every, points = 2 }: SeriesQuery): Stretch {
  const step = every ?? Math.max(1, Math.ceil((to - from) / (points - 1)))
  const whole = { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step, step }
  if ((whole.to - whole.from) / step <= MOST_BUCKETS) return whole
  throw new PandoError('invalid', `every: more than ${MOST_BUCKETS} buckets`, {
    field: 'every',
    reason: 'too_many',
    max: MOST_BUCKETS,
  })
}

/** All the values, if they are not more than the points and their records are still there. */
async function fewEnough(
  p: SeriesParts,
  found: Found,
  named: Named,
  buckets: readonly Bucket[],
  { from, to }: Stretch,
  points: number,
): Promise<Sample[] | undefined> {
  const count = buckets.reduce((sum, b) => sum + b.count, 0)
  if (count > points) return undefined
  const { samples } = await readRaw(p, found, named, { from, to, limit: MOST_VALUES })
  return samples.filter((s) => !Number.isNaN(numberOf(s))).length === count ? samples : undefined
}

async function raw(p: SeriesParts, q: SeriesQuery, found: Found, named: Named): Promise<Series> {
  const limit = Math.min(q.limit ?? MOST_VALUES, MOST_VALUES)
  const page = await readRaw(p, found, named, { ...q, limit })
  const from = q.cursor === undefined ? q.from : (page.samples[0]?.at ?? q.from)
  const to = page.next === undefined ? q.to : (page.samples.at(-1)?.at ?? from)
  const series = await rawSeries(p, { ...q, from, to }, named, page.samples)
  return page.next === undefined ? series : { ...series, next: page.next }
}

async function rawSeries(p: SeriesParts, q: SeriesQuery, named: Named, samples: readonly Sample[]): Promise<Series> {
  const said = samples.map(({ at }) => ({ firstAt: at, lastAt: at, count: 1 }))
  const values = { t: samples.map((s) => s.at), v: samples.map(shownValue), min: [], max: [] }
  const { droppedUntil } = p.history
  const there = { ...q, from: Math.max(q.from, droppedUntil) }
  return { step: 0, ...values, gaps: await gaps(p, there, said), ...hours(p, q), ...titles(named) }
}

async function bucketSeries(
  p: SeriesParts,
  q: SeriesQuery,
  named: Named,
  some: readonly Bucket[],
  step: number,
): Promise<Series> {
  const values = {
    t: some.map((b) => b.at),
    v: some.map((b) => numberAs(b, q.fn)),
    min: some.map((b) => b.min),
    max: some.map((b) => b.max),
  }
  return { step, ...values, gaps: await gaps(p, q, some), ...hours(p, q), ...titles(named) }
}

const hours = ({ history }: SeriesParts, { from }: SeriesQuery) =>
  history.droppedUntil > from ? { hoursUntil: history.droppedUntil } : {}

const titles = ({ label, param, unit }: Named) => ({ object: label, name: param.name, ...(unit !== undefined && { unit }) })

function numberAs(b: Bucket, fn: SeriesFn = 'avg'): number {
  return fn === 'avg' ? b.mean : b[fn]
}

/** What has not come yet is no gap. */
async function gaps(p: SeriesParts, { deviceId, from, to }: SeriesQuery, said: readonly Said[]): Promise<Gap[]> {
  const range = { from, to: Math.min(to, p.now()) }
  if (range.to <= range.from) return []
  const quiet = quietIn(said, range)
  const open = quiet.filter((q) => !q.silent)
  if (open.length === 0) return gapsOf(quiet, [])
  return gapsOf(quiet, await offlineIn(p.history, deviceId, { from: open[0]!.from, to: open.at(-1)!.to }))
}
