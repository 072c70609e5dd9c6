/** Values of one place as they came. */
import { recordKind } from '#core/devicelog/batch.ts'
import type { HistoryRecord, Place } from '#core/history/port.ts'
import { decodeStatus } from '#protocol/frames.ts'
import type { Value } from '#protocol/tlv.ts'
import { valueToJson } from '#protocol/values.ts'
import type { Found } from '../down.ts'
import { type Named, placeIn } from './places.ts'
import { modelOf, type Reading, readPage } from './records.ts'

export interface Sample {
  at: number
  type: number
  value: Value
}

export interface RawPage {
  samples: Sample[]
  next?: string
}

export interface RawQuery {
  from: number
  to: number
  /** values at most */
  limit: number
  cursor?: string
}

/** Records that are decoded in one go. */
const PAGE = 1000

export async function readRaw(r: Reading, found: Found, named: Named, q: RawQuery): Promise<RawPage> {
  const samples: Sample[] = []
  const query = { device: found.device.id, kinds: [recordKind.status], from: q.from, to: q.to }
  let { cursor } = q
  do {
    const limit = Math.min(PAGE, q.limit - samples.length)
    const page = await readPage(r, { ...query, limit, ...(cursor !== undefined && { cursor }) })
    for (const record of page.records) {
      const place = placeIn(await modelOf(r.models, found, record), named)
      const sample = place && sampleAt(record, place)
      if (sample) samples.push(sample)
    }
    cursor = page.next
    await new Promise((resolve) => setImmediate(resolve))
  } while (cursor !== undefined && samples.length < q.limit)
  return { samples, ...(cursor !== undefined && { next: cursor }) }
}

/** Of an object that comes twice in a frame the last counts. */
function sampleAt(r: HistoryRecord, { object, position }: Place): Sample | undefined {
  if (r.kind !== recordKind.status) return undefined
  const property = decodeStatus(r.data).properties.findLast((p) => p.object === object)
  const value = property?.values[position]
  return value === undefined ? undefined : { at: r.time, type: property!.types[position]!, value }
}

/** As `Series` has it. */
export function shownValue({ type, value }: Sample): number | string | null {
  const json = valueToJson(type, value)
  if (typeof json === 'boolean') return json ? 1 : 0
  if (typeof json !== 'bigint') return json
  return Number.isSafeInteger(Number(json)) ? Number(json) : String(json)
}

/** NaN: it is none. */
export const numberOf = ({ value }: Sample): number =>
  typeof value === 'string' || value instanceof Uint8Array ? Number.NaN : Number(value)
