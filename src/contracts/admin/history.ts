import { type Static, Type } from 'typebox'
import { byId, exactly, Line, Params, Text, Time } from './common.ts'
import { route } from './route.ts'

const span = { from: Type.Optional(Time), to: Type.Optional(Time) }
const Gap = exactly({ from: Time, to: Time })

export const DeviceSeries = exactly(
  {
    object: Text,
    name: Text,
    unit: Type.Optional(Text),
    step: Type.Number({ description: 'ms of a bucket; 0: values as they came' }),
    t: Type.Array(Time),
    v: Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()])),
    min: Type.Array(Type.Number()),
    max: Type.Array(Type.Number()),
    gaps: Type.Array(Gap),
    hours_until: Type.Optional(
      Type.Number({
        description: 'reports before this have been dropped: there are no values as they came, and buckets are made of hours',
      }),
    ),
    marks: Type.Array(exactly({ at: Time, code: Text, params: Params }), { description: 'commands in that time' }),
    next: Type.Optional(Text),
  },
  { title: 'DeviceSeries' },
)
export type DeviceSeries = Static<typeof DeviceSeries>

const Kind = Type.Enum(['status', 'event', 'online', 'offline', 'diary', 'undecodable'])

export const HistoryItem = exactly(
  {
    kind: Kind,
    at: Time,
    device_time: Type.Optional(Time),
    model: Type.Optional(Type.Integer()),
    no: Type.Optional(Type.Integer()),
    name: Type.Optional(Text),
    values: Type.Optional(Type.Unknown({ description: 'status: {label: [v, …]}; event: [v, …]' })),
    params: Type.Optional(Type.Unknown()),
    unknown: Type.Optional(Type.Array(Type.Integer())),
    cause: Type.Optional(Text),
    reason: Type.Optional(Text),
    redecoded: Type.Optional(Type.Boolean()),
  },
  { title: 'HistoryItem' },
)
export type HistoryItem = Static<typeof HistoryItem>

const kinds = Type.Optional(Type.Array(Kind, { maxItems: 6 }))
const records = {
  ...span,
  object: Type.Optional(Line),
  name: Type.Optional(Line),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
}
const tag = 'history'
const unknown = ['device_unknown'] as const

export const historyRoutes = {
  'GET /devices/{id}/series': route({
    id: 'getSeries',
    tag,
    summary: 'One value by time, downsampled without losing extremes',
    description:
      'Raw where neither `every` nor `points` is given. `points`: raw if there are no more values than that. From a day before `to` unless told, to now.',
    params: byId,
    query: exactly({
      object: Type.String({ minLength: 1, maxLength: 256 }),
      value: Type.Optional(Line),
      ...span,
      every: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 * 86_400_000, description: 'ms of a bucket' })),
      fn: Type.Optional(Type.Enum(['avg', 'min', 'max', 'last', 'count'])),
      points: Type.Optional(Type.Integer({ minimum: 2, maximum: 10_000 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: DeviceSeries,
    can: 'devices.read',
    errors: unknown,
  }),
  'GET /devices/{id}/history': route({
    id: 'getHistory',
    tag,
    summary: 'What a device said and what happened to it, read by the model of its time',
    params: byId,
    query: exactly({
      kinds,
      ...records,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: exactly({
      items: Type.Array(HistoryItem),
      next: Type.Optional(Text),
      dropped_until: Type.Optional(
        Type.Number({ description: 'records before this have been dropped; absent where that is before `from`' }),
      ),
    }),
    can: 'devices.read',
    errors: unknown,
  }),
  'GET /devices/{id}/export.csv': route({
    id: 'exportHistory',
    tag,
    summary: 'All of it as CSV, a value a line, streamed',
    params: byId,
    query: exactly({ kind: Type.Optional(Type.Enum(['status', 'event'])), ...records }),
    answer: Type.String(),
    media: 'text/csv',
    can: 'devices.read',
    errors: unknown,
  }),
  'GET /devices/{id}/export.ndjson': route({
    id: 'exportHistoryLines',
    tag,
    summary: 'All of it, as JSON, an item of the history a line, streamed',
    params: byId,
    query: exactly({ kinds, ...records }),
    answer: Type.String(),
    media: 'application/x-ndjson',
    can: 'devices.read',
    errors: unknown,
  }),
  'GET /products/{id}/histogram': route({
    id: 'getHistogram',
    tag,
    summary: 'How the last known values of a product’s devices divide: what a limit would mean',
    params: byId,
    query: exactly({
      object: Type.String({ minLength: 1, maxLength: 256 }),
      value: Type.String({ minLength: 1, maxLength: 256 }),
      bins: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    }),
    answer: exactly({
      edges: Type.Array(Type.Number(), { description: 'one more than counts; the last bin includes its upper edge' }),
      counts: Type.Array(Type.Integer()),
      devices: Type.Integer({ description: 'that have such a number' }),
      complete: Type.Boolean({ description: 'all devices were looked at' }),
    }),
    can: 'devices.read',
    errors: ['product_unknown'],
  }),
}
