/** What devices say, as it comes. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Text } from './common.ts'
import { HistoryItem, HistoryKind } from './history.ts'

export const TailItem = Type.Object({ deviceId: Id, productId: Type.Integer(), ...HistoryItem.properties })
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
      kinds: Type.Optional(Type.Array(HistoryKind)),
      wait: Type.Number({ minimum: 0, maximum: 20_000, description: 'milliseconds' }),
    }),
    Type.Object({ ...list(TailItem).properties, cursor: Text, skipped: Type.Integer() }),
    { retry: true, deadline: 30_000 },
  ),
}
