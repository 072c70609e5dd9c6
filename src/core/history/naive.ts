/** History as simply as it can be said; engines are compared with it. */
import { makeBatch, type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { decodeStatus } from '#protocol/frames.ts'
import type { Bucket, BucketQuery, History, HistoryQuery, HistoryRecord } from './port.ts'

export type Random = () => number

export const pick = (random: Random, n: number): number => Math.floor(random() * n)

interface Kept extends HistoryRecord {
  device: number
}

const empty = { reason: 0, version: 0, time: 0, product: 0, packetId: 0, flags: 0, epoch: 0, data: new Uint8Array(0) }

export class NaiveHistory {
  /** in order of arrival */
  records: Kept[] = []

  /** Remembers the records and → them as a batch. */
  batch(stream: number, seq: number, records: readonly NewRecord[]): Buffer {
    this.records.push(...records.map((r) => ({ ...empty, ...r })))
    return makeBatch(stream, seq, records)
  }

  /** All that fits the query, whatever its limit. */
  read({ device, kinds, from = 0, to = Number.POSITIVE_INFINITY, newestFirst }: HistoryQuery): HistoryRecord[] {
    const found = this.records.filter(
      (r) => r.device === device && r.time >= from && r.time < to && (kinds === undefined || kinds.includes(r.kind)),
    )
    found.sort((a, b) => a.time - b.time)
    if (newestFirst) found.reverse()
    return found.map(({ device: _, ...r }) => plain(r))
  }

  buckets(q: BucketQuery): Bucket[] {
    const samples = this.read({ device: q.device, kinds: [recordKind.status], from: q.from, to: q.to })
      .filter((r) => (r.flags & recordFlag.foreign) === 0)
      .map((r) => ({ time: r.time, n: numberOf(r, q) }))
      .filter(({ n }) => !Number.isNaN(n))
    return [...Map.groupBy(samples, (s) => Math.floor(s.time / q.step) * q.step)].map(([at, some]) => {
      const ns = some.map((s) => s.n)
      const [first, last] = [some[0]!, some.at(-1)!]
      const mean = ns.reduce((a, b) => a + b) / ns.length
      const times = { firstAt: first.time, lastAt: last.time }
      return { at, count: ns.length, min: Math.min(...ns), max: Math.max(...ns), mean, last: last.n, ...times }
    })
  }
}

function numberOf(r: HistoryRecord, q: BucketQuery): number {
  const other = q.elsewhere?.find((e) => e.version === r.version)
  const place = other ? other.place : q
  const property = decodeStatus(r.data).properties.findLast((p) => p.object === place?.object)
  const value = place ? property?.values[place.position] : undefined
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN
}

const plain = (r: HistoryRecord): HistoryRecord => ({ ...r, data: new Uint8Array(r.data) })

/** All pages of a query. */
export async function readAll(history: Pick<History, 'read'>, query: HistoryQuery): Promise<HistoryRecord[]> {
  const all: HistoryRecord[] = []
  let cursor = query.cursor
  do {
    const page = await history.read({ ...query, cursor })
    all.push(...page.records.map(plain))
    cursor = page.next
  } while (cursor !== undefined)
  return all
}

function randomData(random: Random): Buffer {
  const frame = Buffer.alloc(pick(random, 20) === 0 ? pick(random, 3000) : pick(random, 70), pick(random, 256))
  if (frame.length >= 25 && random() < 0.8) frame.fill(0, 9, 25)
  if (frame.length >= 9 && random() < 0.8) frame.writeBigUInt64BE(random() < 0.5 ? 0n : BigInt(1.8e12 + pick(random, 1e9)), 1)
  return frame
}

/** Records of few devices at few times, so that everything meets: equal times, days, kinds. */
export function randomRecords(random: Random, days: readonly number[], count = 1 + pick(random, 12)): NewRecord[] {
  return Array.from({ length: count }, () => ({
    kind: 1 + pick(random, 10),
    reason: pick(random, 3),
    version: pick(random, 2) * 65535,
    device: [1, 2, 3, 2 ** 31, 2 ** 52 + 1][pick(random, 5)]!,
    time: days[pick(random, days.length)]! * 86_400_000 + pick(random, 50) * 1_700_000,
    product: pick(random, 2) * 0xffffffff,
    packetId: [0, 0, 1, 2, 65535][pick(random, 5)]!,
    flags: pick(random, 3),
    epoch: [0, 1.7e12, 2 ** 53 - 1, 0.5][pick(random, 4)]!,
    data: randomData(random),
  }))
}

export function randomQuery(random: Random, days: readonly number[]): HistoryQuery {
  const moment = () => days[pick(random, days.length)]! * 86_400_000 + pick(random, 50) * 1_700_000
  const q: HistoryQuery = { device: [1, 2, 3, 4, 2 ** 31, 2 ** 52 + 1][pick(random, 6)]!, limit: 1 + pick(random, 40) }
  if (random() < 0.4) q.kinds = [1, 1 + pick(random, 10)]
  if (random() < 0.4) q.from = moment()
  if (random() < 0.4) q.to = moment()
  if (random() < 0.5) q.newestFirst = true
  return q
}
