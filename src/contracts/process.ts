/** A process of the cloud, as those who look after it ask for it (`pando doctor`, `ps`, `drain`). */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'

const Text = Type.String()

export const ProcessState = Type.Object({
  /** its name in discovery */
  instance: Text,
  services: Type.Array(Text),
  /** access nodes in it, by the names that presence has for them */
  nodes: Type.Array(Text),
  version: Text,
  pid: Type.Integer(),
  startedAt: Type.Number(),
  /** its clock, ms since 1970 */
  now: Type.Optional(Type.Number()),
  /** devices that it holds */
  connections: Type.Integer(),
  /** cores, over the last minute */
  cpu: Type.Optional(Type.Number()),
  /** octets */
  rss: Type.Optional(Type.Integer()),
  /** ms by which its event loop was late, over the last minute */
  loopP99: Type.Optional(Type.Number()),
  /** octets of the disk that its data directory is on */
  disk: Type.Optional(Type.Object({ free: Type.Number(), size: Type.Number() })),
  /** the engines that it opened */
  engines: Type.Optional(
    Type.Array(
      Type.Object({
        port: Text,
        scheme: Text,
        /** services that need it */
        affects: Type.Array(Text),
        state: Type.Enum(['ok', 'degraded', 'down']),
        since: Type.Number(),
        error: Type.Optional(Text),
      }),
    ),
  ),
  /** share of the time in which it was busy since this was asked last, 0…1 */
  load: Type.Number(),
  /** it takes no new work and sends its devices away */
  draining: Type.Boolean(),
  /** what is listened on, as URLs by name */
  listen: Type.Record(Text, Text),
  /** as /readyz tells them, engines too */
  checks: Type.Array(Type.Object({ name: Text, ok: Type.Boolean(), detail: Type.Optional(Text), state: Type.Optional(Text) })),
})
export type ProcessState = Static<typeof ProcessState>

/** Another process of the cluster, as it was within the last second. */
export interface OtherProcess {
  /** what discovery calls it, where it does not answer */
  instance: string
  /** as discovery names them */
  services: readonly string[]
  state?: ProcessState
  /** why there is no state */
  error?: string
}

export const processContract = contract('process', {
  state: method(Type.Object({}), ProcessState, { retry: true }),
  /** Its metrics as values, to be added to those of others. */
  metrics: method(Type.Object({}), Type.Object({ items: Type.Array(Type.Unknown()) }), { retry: true }),
  /** Takes no new work from now on; devices are sent away, so many a second, and come in elsewhere. It goes on running. Repeating is harmless. */
  drain: method(Type.Object({ perSecond: Type.Integer({ minimum: 1 }) }), Type.Object({}), { retry: true }),
})
