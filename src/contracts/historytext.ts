/** History as lines of CSV, a value a line, so that any model makes the same columns. */
import { csvLine } from '#lib/csv.ts'
import { parseExact } from '#protocol/json.ts'
import type { HistoryItem, Series } from './controller/history.ts'

const iso = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString())

export const statusHead = csvLine(['time', 'device_time', 'object', 'name', 'value'])
export const eventHead = csvLine(['time', 'device_time', 'event', 'parameter', 'value'])

/** A value a line. The item was asked for with its values `named`. */
export function statusLines({ at, deviceTime, params = '{}' }: HistoryItem): string {
  const labels = Object.entries(parseExact(params) as Record<string, Record<string, Json>>)
  const line =
    (label: string) =>
    ([name, v]: [string, Json]) =>
      csvLine([iso(at), iso(deviceTime), label, name, v])
  return labels.flatMap(([label, named]) => Object.entries(named).map(line(label))).join('')
}

/** A parameter a line; one line for an event that has none. */
export function eventLines({ at, deviceTime, no, name, params = '{}' }: HistoryItem): string {
  const all = Object.entries(parseExact(params) as Record<string, Json>)
  const of = name || no
  if (all.length === 0) return csvLine([iso(at), iso(deviceTime), of])
  return all.map(([parameter, v]) => csvLine([iso(at), iso(deviceTime), of, parameter, v])).join('')
}

type Json = string | number | bigint | boolean | null

export const seriesHead = (s: Pick<Series, 'step'>): string =>
  csvLine(s.step > 0 ? ['time', 'value', 'min', 'max'] : ['time', 'value'])

export const seriesLines = ({ step, t, v, min, max }: Series): string =>
  t.map((at, i) => csvLine(step > 0 ? [iso(at), v[i], min[i], max[i]] : [iso(at), v[i]])).join('')

/** One JSON object of an item, its values as they are and not as text. */
export function itemJson({ values, params, ...rest }: Omit<HistoryItem, 'kind'>): string {
  const parts = [JSON.stringify(rest).slice(1, -1)]
  if (values !== undefined) parts.push(`"values":${values}`)
  if (params !== undefined) parts.push(`"params":${params}`)
  return `{${parts.join(',')}}`
}
