/** Values of one place as they came. */
import { recordKind } from '#core/devicelog/batch.ts'
import type { HistoryRecord, Place } from '#core/history/port.ts'
import { statusValue } from '#protocol/frames.ts'
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
  /** where the value is, by the model of a record */
  const places = new Map<number, Place | null>()
  const learn = async (records: readonly HistoryRecord[]) => {
    for (const record of records) {
      const key = keyOf(record)
      if (!places.has(key)) places.set(key, placeIn(await modelOf(r.models, found, record), named))
    }
  }
  let { cursor } = q
  do {
    const limit = Math.min(PAGE, q.limit - samples.length)
    const page = await readPage(r, { ...query, limit, ...(cursor !== undefined && { cursor }) })
    await learn(page.records)
    for (const record of page.records) {
      const place = record.kind === recordKind.status ? places.get(keyOf(record)) : undefined
      const said = place && statusValue(record.data, place.object, place.position)
      if (said) samples.push({ at: record.time, ...said })
    }
    cursor = page.next
    await new Promise((resolve) => setImmediate(resolve))
  } while (cursor !== undefined && samples.length < q.limit)
  return { samples, ...(cursor !== undefined && { next: cursor }) }
}

/** Records with the same key were written with the same model. */
const keyOf = ({ product, version }: HistoryRecord): number => product * 65_536 + version

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
