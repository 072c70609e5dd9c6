/** What an application asks of history: the query's parameters, each refused by its name (10007). */
import { type SeriesFn, seriesFns } from '#contracts/controller.ts'
import { lengthOf, momentOf } from '#lib/times.ts'
import { first, type Query } from './calls.ts'
import { codes, Refusal } from './errors.ts'

export const wrong = (parameter: string, takes: string): Refusal => new Refusal(codes.query, `${parameter} takes ${takes}`)

const MOMENT = 'a time: ISO 8601 with its zone, or milliseconds since 1970'

export interface RecordsInput {
  from?: number
  to?: number
  limit?: number
  cursor?: string
  newestFirst?: boolean
}

/** What all questions have. */
export function recordsInput(query: Query): RecordsInput {
  const at = (name: string) => optional(query, name, momentOf, MOMENT)
  const [from, to] = [at('from'), at('to')]
  if (from !== undefined && to !== undefined && to <= from) throw wrong('to', 'a time later than from')
  return {
    ...pick('from', from),
    ...pick('to', to),
    ...pick('limit', optional(query, 'limit', whole, 'a whole number from 1')),
    ...pick('cursor', optional(query, 'cursor', textOf, 'what next said')),
    ...(orderOf(query) === 'desc' && { newestFirst: true }),
  }
}

export interface SeriesInput {
  object: string
  value?: string
  from: number
  to: number
  every?: number
  points?: number
  fn?: SeriesFn
}

const DAY = 86_400_000

/** undefined: no one value is asked for. `from`: a day before `to` unless told, `to`: now. */
export function seriesInput(query: Query, now: number): SeriesInput | undefined {
  const object = first(query['object'])
  const every = optional(query, 'every', lengthOf, 'a length of time such as 30s, 5m, 1h or 1d')
  const points = optional(query, 'points', pointsOf, 'a number from 2 to 10000')
  const fn = optional(query, 'fn', fnOf, `one of ${seriesFns.join(', ')}`)
  const value = first(query['value'])
  const needing = Object.entries({ value, every, points, fn }).find(([, v]) => v !== undefined)?.[0]
  if (object === undefined || object === '') {
    if (needing) throw new Refusal(codes.query, `object is missing: ${needing} is about the values of one object`)
    return undefined
  }
  if (needing === undefined) return undefined
  if (every !== undefined && points !== undefined)
    throw new Refusal(codes.query, 'points: every is given, and only one of them can be')
  if (fn !== undefined && every === undefined && points === undefined) throw wrong('fn', 'every or points beside it')
  const { from: begin, to = now } = recordsInput(query)
  const from = begin ?? to - DAY
  if (to <= from) throw wrong('to', 'a time later than from')
  return { object, from, to, ...pick('value', value), ...pick('every', every), ...pick('points', points), ...pick('fn', fn) }
}

const pick = <K extends string, T>(key: K, v: T | undefined): { [k in K]?: T } =>
  (v === undefined ? {} : { [key]: v }) as { [k in K]?: T }

function optional<T>(query: Query, name: string, parse: (text: string) => T | undefined, takes: string): T | undefined {
  const text = first(query[name])
  if (text === undefined || text === '') return undefined
  const value = parse(text)
  if (value === undefined) throw wrong(name, takes)
  return value
}

const whole = (text: string): number | undefined => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)
const pointsOf = (text: string): number | undefined => {
  const n = whole(text) ?? 0
  return n >= 2 && n <= 10_000 ? n : undefined
}
const fnOf = (text: string): SeriesFn | undefined => seriesFns.find((fn) => fn === text)
const textOf = (text: string): string => text

function orderOf(query: Query): string | undefined {
  const known = (text: string) => (text === 'asc' || text === 'desc' ? text : undefined)
  return optional(query, 'order', known, 'asc or desc')
}
