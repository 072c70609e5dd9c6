/** Frames that could not be read when they came, and reading them again. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Text, Time } from './common.ts'

export const Quarantined = Type.Object({
  /** names device, time and place */
  id: Text,
  deviceId: Id,
  productId: Id,
  at: Time,
  /** `undecodable`: its octets make no frame; `unknown`: it has numbers that the model of that time does not know */
  kind: Type.Union([Type.Literal('undecodable'), Type.Literal('unknown')]),
  /** s, e or d */
  topic: Text,
  /** a code of protocol/reasons or errors; object_unknown, event_unknown */
  reason: Text,
  /** what is wrong, in words */
  text: Text,
  /** octet of the frame at which reading stopped; unknown numbers: where the first stands */
  offset: Type.Integer(),
  /** unknown numbers */
  numbers: Type.Array(Type.Integer()),
  /** the model version that it was written with */
  version: Type.Integer(),
  /** base64, token zeroed */
  frame: Text,
  /** it has been read since */
  redecoded: Type.Boolean(),
  /** somebody has discarded it: it is not read again */
  discarded: Type.Boolean(),
})
export type Quarantined = Static<typeof Quarantined>

const filter = {
  deviceId: Type.Optional(Id),
  /** inclusive */
  from: Type.Optional(Time),
  /** exclusive */
  to: Type.Optional(Time),
  /** frames in one call, at most 10 000 */
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  cursor: Type.Optional(Text),
}

export const quarantineMethods = {
  /**
   * Oldest first, device after device; 100 unless told. `next`: there may be more, also where there are fewer items than asked for. One of
   * `productId` and `deviceId` must be there.
   */
  quarantine: method(
    Type.Object({ productId: Type.Optional(Id), ...filter }),
    Type.Object({ ...list(Quarantined).properties, next: Type.Optional(Text) }),
    { retry: true, deadline: 20_000 },
  ),
  /**
   * Reads quarantined frames again with the decoder and the model of today: what they say enters history at their old time, once
   * (`dryRun`: nothing is written; `config`, JSON text, is then tried instead of the model). 10 000 frames unless told; call it again with
   * `next` until there is none.
   */
  redecode: method(
    Type.Object({ productId: Id, ...filter, dryRun: Type.Optional(Type.Boolean()), config: Type.Optional(Text) }),
    Type.Object({
      /** frames that can be read now */
      decodes: Type.Integer(),
      /** frames that still can't */
      fails: Type.Integer(),
      /** frames that had been read again, or discarded, before */
      done: Type.Integer(),
      next: Type.Optional(Text),
    }),
    { retry: true, deadline: 20_000 },
  ),
  /** Quarantined frames that nobody needs: they stay in history as they came, and are not read again (`dryRun`: only counted). */
  discard: method(
    Type.Object({ productId: Id, ...filter, dryRun: Type.Optional(Type.Boolean()) }),
    Type.Object({
      discards: Type.Integer(),
      /** frames that had been read again, or discarded, before */
      done: Type.Integer(),
      next: Type.Optional(Text),
    }),
    { retry: true, deadline: 20_000 },
  ),
}
