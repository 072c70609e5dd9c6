/** What devices say, as it comes. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Text } from './common.ts'
import { HistoryItem, HistoryKind } from './history.ts'

/** What history tells, and what becomes of commands. */
export const TailKind = Type.Union([...HistoryKind.anyOf, Type.Literal('command'), Type.Literal('commandState')])
export type TailKind = Static<typeof TailKind>
export const tailKinds: readonly TailKind[] = TailKind.anyOf.map((k) => k.const)

export const TailItem = Type.Object({
  deviceId: Id,
  productId: Type.Integer(),
  ...HistoryItem.properties,
  /** command: `name` and `values` as of an event; of values to set, which have no name, as of a status */
  kind: TailKind,
  /** command, commandState: its number in the log, 16 hex digits */
  command: Type.Optional(Text),
  /** commandState: what it is now, and what was told with it */
  state: Type.Optional(Text),
  why: Type.Optional(Text),
})
export type TailItem = Static<typeof TailItem>

export const tailMethods = {
  /**
   * What came behind `cursor`, of all devices in the order of each; waits up to `wait` ms for something. Without a cursor nothing, and
   * where to begin. Cursors are good over restarts. Who reads more slowly than devices write is told how many batches were `skipped`.
   */
  tail: method(
    Type.Object({
      cursor: Type.Optional(Text),
      deviceIds: Type.Optional(Type.Array(Id)),
      productId: Type.Optional(Id),
      /** all when absent */
      kinds: Type.Optional(Type.Array(TailKind)),
      wait: Type.Number({ minimum: 0, maximum: 20_000, description: 'milliseconds' }),
    }),
    Type.Object({ ...list(TailItem).properties, cursor: Text, skipped: Type.Integer() }),
    { retry: true, deadline: 30_000 },
  ),
}
