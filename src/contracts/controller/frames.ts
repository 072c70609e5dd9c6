/** Frames that went over the wire, looked for in the past. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Text, Time } from './common.ts'

export const FrameRecordKind = Type.Union([
  Type.Literal('status'),
  Type.Literal('event'),
  Type.Literal('undecodable'),
  Type.Literal('command'),
])
export type FrameRecordKind = Static<typeof FrameRecordKind>

export const FrameRecord = Type.Object({
  /** names device, time and octets; found again by `frame` for as long as history keeps it */
  id: Text,
  deviceId: Id,
  productId: Type.Integer(),
  at: Time,
  kind: FrameRecordKind,
  /** s, e or d from the device; c or s to it */
  topic: Text,
  /** the model version that it was written with */
  version: Type.Integer(),
  /** `ok`: all of it is known; `unknown`: it has numbers that the model of its time does not know; `undecodable` */
  state: Type.Union([Type.Literal('ok'), Type.Literal('unknown'), Type.Literal('undecodable')]),
  /** why it is not `ok`: a code of protocol/reasons; object_unknown, event_unknown */
  reason: Type.Optional(Text),
  /** its numbers in the model of its time: labels of objects, the name of an event or command */
  names: Type.Array(Text),
  /** id of a command */
  command: Type.Optional(Text),
  /** it was quarantined and has been read again at its old time */
  redecoded: Type.Optional(Type.Boolean()),
  /** base64, token zeroed; a codec's as it came */
  frame: Text,
  /** base64 of the same as one of Pando's own, where it is a codec's and can be read */
  native: Type.Optional(Text),
})
export type FrameRecord = Static<typeof FrameRecord>

export const frameMethods = {
  /**
   * Newest first. Of one device they are read from its history, else from the log for as long as that is kept, in the order in which batches
   * became durable. A page may be short and have a `next`. `invalid`: cursor.
   */
  frames: method(
    Type.Object({
      deviceId: Type.Optional(Id),
      /** of these only; all when absent */
      productIds: Type.Optional(Type.Array(Id)),
      kinds: Type.Optional(Type.Array(FrameRecordKind)),
      /** only what could not be read, or not all of it, when it came */
      faulty: Type.Optional(Type.Boolean()),
      /** a label of an object, or the name of an event or command */
      name: Type.Optional(Text),
      /** inclusive */
      from: Type.Optional(Time),
      /** exclusive */
      to: Type.Optional(Time),
      /** default 100, at most 1000 */
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      cursor: Type.Optional(Text),
    }),
    Type.Object({ ...list(FrameRecord).properties, next: Type.Optional(Text) }),
    { retry: true, deadline: 20_000 },
  ),
  /** One by its id, or by the id of a quarantined frame; absent: there is none of this id. */
  frame: method(Type.Object({ id: Text }), Type.Object({ frame: Type.Optional(FrameRecord) }), { retry: true }),
}
