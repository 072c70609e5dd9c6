/** History: what a device said, read by time. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Ms, Text, Time } from './common.ts'

export const HistoryKind = Type.Union([
  Type.Literal('status'),
  Type.Literal('event'),
  Type.Literal('online'),
  Type.Literal('offline'),
  Type.Literal('diary'),
  Type.Literal('undecodable'),
])
export type HistoryKind = Static<typeof HistoryKind>
export const historyKinds: readonly HistoryKind[] = HistoryKind.anyOf.map((k) => k.const)

export const HistoryItem = Type.Object({
  kind: HistoryKind,
  /** arrival */
  at: Time,
  /** status, event: by the device's clock, if it has one */
  deviceTime: Type.Optional(Time),
  /** status, event: the model version that it was written with */
  version: Type.Optional(Type.Integer()),
  /** event: its number, and its name ('' if the model does not know it) */
  no: Type.Optional(Type.Integer()),
  name: Type.Optional(Text),
  /** status: JSON text `{label: [v, …]}`; event: `[v, …]`. Integers of 64 bits have all digits (`parseExact`), octets are base64 */
  values: Type.Optional(Text),
  /**
   * JSON text of an object: event: its values by name; status, if `named`: `{label: {name: v}}`; online, offline, diary: what is known of
   * it
   */
  params: Type.Optional(Text),
  /** status: numbers of objects that the model does not know */
  unknown: Type.Optional(Type.Array(Type.Integer())),
  /** offline, diary: contracts/causes.ts */
  cause: Type.Optional(Text),
  /** undecodable: a code of protocol/reasons */
  reason: Type.Optional(Text),
  /** it was quarantined at first and has been read again since */
  redecoded: Type.Optional(Type.Boolean()),
})
export type HistoryItem = Static<typeof HistoryItem>

export const SeriesFn = Type.Union([
  Type.Literal('avg'),
  Type.Literal('min'),
  Type.Literal('max'),
  Type.Literal('last'),
  Type.Literal('count'),
])
export type SeriesFn = Static<typeof SeriesFn>
export const seriesFns: readonly SeriesFn[] = SeriesFn.anyOf.map((f) => f.const)

/** `from` inclusive, `to` exclusive. */
export const Gap = Type.Object({ from: Time, to: Time })
export type Gap = Static<typeof Gap>

export const Series = Type.Object({
  /** width of the buckets in ms, which begin at multiples of it; 0: these are the values as they came */
  step: Ms,
  /** arrival, or beginning of the bucket; buckets without values are left out */
  t: Type.Array(Time),
  /**
   * Raw: numbers, `true` = 1, NaN and infinities null, integers beyond ±(2⁵³ − 1) as decimal text, texts, octets as base64. Buckets: what
   * `fn` makes of their numbers.
   */
  v: Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()])),
  /** least and greatest number of each bucket; raw: empty */
  min: Type.Array(Type.Number()),
  max: Type.Array(Type.Number()),
  /** stretches of [from, to) in which nothing came because the device was offline, or for much longer than is usual for it */
  gaps: Type.Array(Gap),
  /** records before this have been dropped: raw values are not there, buckets are made of their hours; absent where that is before `from` */
  hoursUntil: Type.Optional(Time),
  /** label of the object, name of the value, and its unit if the model has one */
  object: Text,
  name: Text,
  unit: Type.Optional(Text),
  /** raw: there may be more from here on (`cursor`); `gaps` are those up to it */
  next: Type.Optional(Text),
})
export type Series = Static<typeof Series>

const range = {
  /** inclusive */
  from: Type.Optional(Time),
  /** exclusive */
  to: Type.Optional(Time),
}

export const historyMethods = {
  /** What a device said in order of arrival, read by the model of its time. A page may be empty and have a `next`. `invalid`: cursor. */
  records: method(
    Type.Object({
      deviceId: Id,
      /** all when absent */
      kinds: Type.Optional(Type.Array(HistoryKind)),
      ...range,
      /** only statuses that have this object (label), and of them only this object */
      object: Type.Optional(Text),
      /** only events of this name */
      name: Type.Optional(Text),
      /** statuses have their values by name too */
      named: Type.Optional(Type.Boolean()),
      /** default 100, at most 1000 */
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      newestFirst: Type.Optional(Type.Boolean()),
      cursor: Type.Optional(Text),
    }),
    Type.Object({
      ...list(HistoryItem).properties,
      next: Type.Optional(Text),
      /** records before this have been dropped; absent where that is before `from` */
      droppedUntil: Type.Optional(Time),
    }),
    { retry: true, deadline: 20_000 },
  ),
  /**
   * One value by time. Raw where neither `every` nor `points` is given. `every`: buckets of so many ms (`fn`, default avg). `points`: raw
   * if there are no more values than that, else at most so many buckets, whose `min` and `max` keep every extreme. `from` and `to` are moved
   * outwards to whole buckets. Hours of records that were dropped count in the bucket in which they begin. `invalid` (`params.field`): no
   * such object or value, a value that has no numbers, too many buckets (50 000).
   */
  series: method(
    Type.Object({
      deviceId: Id,
      /** label of the object in the device's model */
      object: Text,
      /** name of the value, or its place in the object from 0; may be left out if the object has one */
      value: Type.Optional(Type.Union([Text, Type.Integer({ minimum: 0 })])),
      from: Time,
      to: Time,
      every: Type.Optional(Type.Integer({ minimum: 1 })),
      fn: Type.Optional(SeriesFn),
      points: Type.Optional(Type.Integer({ minimum: 2, maximum: 10_000 })),
      /** raw: default and at most 10 000 values */
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      cursor: Type.Optional(Text),
    }),
    Series,
    { retry: true, deadline: 20_000 },
  ),
}
