/** Pages of what a device said. */
import type { HistoryItem, HistoryKind } from '#contracts/controller.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { History, HistoryPage, HistoryQuery, HistoryRecord } from '#core/history/port.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { Model } from '#protocol/model.ts'
import type { Found } from '../down.ts'
import type { Models } from '../models.ts'
import { isSaid, itemOf, kindNumbers } from './items.ts'

export interface Reading {
  history: Pick<History, 'read' | 'buckets' | 'droppedUntil'>
  models: Models
  translator: Pick<Translator, 'records'>
  find(deviceId: number): Promise<Found>
}

export interface RecordsQuery {
  deviceId: number
  kinds?: readonly HistoryKind[]
  from?: number
  to?: number
  object?: string
  name?: string
  named?: boolean
  limit?: number
  newestFirst?: boolean
  cursor?: string
}

export interface RecordsPage {
  items: HistoryItem[]
  next?: string
  droppedUntil?: number
}

const MOST = 1000
const DEFAULT = 100
/** Pages that are read for one answer, if few of their records are wanted. */
const MOST_PAGES = 20
/** Decoding goes on for so long, and so many records, before others get their turn. */
const SLICE_MS = 5
const SLICE = 250

export async function readRecords(r: Reading, q: RecordsQuery): Promise<RecordsPage> {
  const found = await r.find(q.deviceId)
  const limit = Math.min(q.limit ?? DEFAULT, MOST)
  const items: HistoryItem[] = []
  let { cursor } = q
  for (let pages = 0; pages < MOST_PAGES && items.length < limit; pages++) {
    const page = await readPage(r, queryOf(q, limit - items.length, cursor))
    for (const item of await decode(r, found, page.records.filter(isSaid), q.named)) {
      const wanted = chosen(item, q)
      if (wanted) items.push(wanted)
    }
    cursor = page.next
    if (cursor === undefined) break
  }
  const { droppedUntil } = r.history
  return {
    items,
    ...(cursor !== undefined && { next: cursor }),
    ...(droppedUntil > (q.from ?? 0) && { droppedUntil }),
  }
}

/** A page of history whose frames are Pando's own. */
export async function readPage(r: Reading, q: HistoryQuery): Promise<HistoryPage> {
  const page = await r.history.read(q)
  return { ...page, records: [...(await r.translator.records(page.records))] }
}

const queryOf = (q: RecordsQuery, limit: number, cursor: string | undefined): HistoryQuery => ({
  device: q.deviceId,
  kinds: q.kinds ? q.kinds.map((k) => kindNumbers[k]) : Object.values(kindNumbers),
  ...(q.from !== undefined && { from: q.from }),
  ...(q.to !== undefined && { to: q.to }),
  ...(q.newestFirst !== undefined && { newestFirst: q.newestFirst }),
  limit,
  ...(cursor !== undefined && { cursor }),
})

async function decode(r: Reading, found: Found, records: readonly HistoryRecord[], named?: boolean): Promise<HistoryItem[]> {
  const items: HistoryItem[] = []
  let since = performance.now()
  for (const record of records) {
    items.push(itemOf(record, await modelOf(r.models, found, record), named))
    if (items.length % SLICE !== 0 && performance.now() - since < SLICE_MS) continue
    await new Promise((resolve) => setImmediate(resolve))
    since = performance.now()
  }
  return items
}

/** The model that a record was written with. */
export const modelOf = (models: Models, { device }: Found, r: Pick<HistoryRecord, 'product' | 'version'>): Promise<Model> =>
  models.get(r.product || device.productId, r.version || device.modelVersion)

function chosen(item: HistoryItem, { object, name }: RecordsQuery): HistoryItem | undefined {
  if (name !== undefined && item.kind === 'event' && item.name !== name) return undefined
  if (object === undefined || item.kind !== 'status') return item
  const values = only(item.values, object)
  if (values === undefined) return undefined
  return { ...item, values, ...(item.params !== undefined && { params: only(item.params, object)! }) }
}

/** Of a JSON object only that key; undefined if it is not there. */
function only(json: string | undefined, key: string): string | undefined {
  const all = parseExact(json ?? '{}') as Record<string, unknown>
  return Object.hasOwn(all, key) ? stringifyExact({ [key]: all[key] }) : undefined
}
