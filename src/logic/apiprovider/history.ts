/** History for applications (docs/application-api.md §4): a page in the envelope, or all of it as CSV or NDJSON. */
import type { HistoryItem, Series } from '#contracts/controller.ts'
import { eventHead, eventLines, itemJson, seriesHead, seriesLines, statusHead, statusLines } from '#contracts/historytext.ts'
import { isPandoError } from '#lib/errors.ts'
import type { CallPeers, DeviceCall, Streamed } from './calls.ts'
import { first } from './calls.ts'
import { codes, Refusal } from './errors.ts'
import { type RecordsInput, recordsInput, type SeriesInput, seriesInput } from './historyquery.ts'

type Controller = Pick<CallPeers['controller'], 'records' | 'series'>
type RecordsQuery = Parameters<Controller['records']>[0]
type Form = 'csv' | 'ndjson'

/** Records that are read for one piece of a stream. */
const PIECE = 500

const types: Record<Form, string> = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' }

export const statusHistory: DeviceCall = async ({ controller }, { id }, { query, accept }) => {
  const form = formOf(accept)
  const series = seriesInput(query, Date.now())
  if (series)
    return seriesAnswer(
      controller,
      { deviceId: id, ...series, ...recordsInput({ limit: query['limit'], cursor: query['cursor'] }) },
      form,
    )
  const object = first(query['object'])
  const asked = { deviceId: id, kinds: ['status' as const], ...recordsInput(query), ...(object && { object }) }
  return recordsAnswer(controller, asked, form, { head: statusHead, lines: statusLines })
}

export const eventHistory: DeviceCall = async ({ controller }, { id }, { query, accept }) => {
  const name = first(query['name'])
  const asked = { deviceId: id, kinds: ['event' as const], ...recordsInput(query), ...(name && { name }) }
  return recordsAnswer(controller, asked, formOf(accept), { head: eventHead, lines: eventLines })
}

const formOf = (accept: string): Form | undefined =>
  /\btext\/csv\b/i.test(accept) ? 'csv' : /\bapplication\/x-ndjson\b/i.test(accept) ? 'ndjson' : undefined

interface Csv {
  head: string
  lines(item: HistoryItem): string
}

async function recordsAnswer(c: Controller, asked: RecordsQuery, form: Form | undefined, csv: Csv): Promise<string | Streamed> {
  if (form) return { type: types[form], pieces: recordPieces(c, asked, form, csv) }
  const { items, next, droppedUntil } = await named(c.records(asked))
  const dropped = droppedUntil === undefined ? '' : `,"droppedUntil":${droppedUntil}`
  return `{"items":[${items.map(appItem).join(',')}]${next === undefined ? '' : `,"next":${JSON.stringify(next)}`}${dropped}}`
}

/** All pages; `limit` is that of the whole. */
async function* recordPieces(c: Controller, asked: RecordsQuery, form: Form, csv: Csv): AsyncGenerator<string> {
  let left = asked.limit ?? Number.POSITIVE_INFINITY
  let { cursor } = asked
  let head = form === 'csv' ? csv.head : ''
  do {
    const page = { ...asked, named: form === 'csv', limit: Math.min(left, PIECE), ...(cursor !== undefined && { cursor }) }
    const { items, next } = await named(c.records(page))
    const lines = items.map(form === 'csv' ? csv.lines : (item) => `${appItem(item)}\n`).join('')
    if (head + lines !== '') yield head + lines
    head = ''
    left -= items.length
    cursor = next
  } while (cursor !== undefined && left > 0)
}

/** Applications know one kind a path, and no numbers of versions. */
const appItem = ({ kind: _kind, version: _version, redecoded: _redecoded, ...item }: HistoryItem): string =>
  itemJson({ ...item } as HistoryItem)

type SeriesAsked = SeriesInput & RecordsInput & { deviceId: number }

async function seriesAnswer(c: Controller, asked: SeriesAsked, form: Form | undefined): Promise<string | Streamed> {
  const { newestFirst: _, ...q } = asked
  if (!form) return JSON.stringify(await named(c.series(q)))
  return { type: types[form], pieces: seriesPieces(c, q, form) }
}

async function* seriesPieces(c: Controller, asked: SeriesAsked, form: Form): AsyncGenerator<string> {
  let left = asked.limit ?? Number.POSITIVE_INFINITY
  let { cursor } = asked
  let head = form === 'csv'
  do {
    const page = { ...asked, limit: Math.min(left, PIECE), ...(cursor !== undefined && { cursor }) }
    const series = await named(c.series(page))
    const lines = form === 'csv' ? seriesLines(series) : seriesJsonLines(series)
    if (head || lines !== '') yield (head ? seriesHead(series) : '') + lines
    head = false
    left -= series.t.length
    cursor = series.next
  } while (cursor !== undefined && left > 0)
}

const seriesJsonLines = ({ step, t, v, min, max }: Series): string =>
  t.map((at, i) => `${JSON.stringify({ at, v: v[i], ...(step > 0 && { min: min[i], max: max[i] }) })}\n`).join('')

/** What the controller calls a wrong query is one: its message names the parameter. */
async function named<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (e) {
    if (isPandoError(e, 'invalid')) throw new Refusal(codes.query, e.message)
    throw e
  }
}
