/** The controller: the message's way up (append, consume) and down (route, deliver), and what is known of a device. */
import { type Static, Type } from 'typebox'
import { bytes, contract, method } from './contract.ts'

const Id = Type.Integer({ minimum: 1 })
const Ms = Type.Number({ description: 'milliseconds' })

export const CommandState = Type.Object({ id: Type.String(), state: Type.String() })

export const DiaryEntry = Type.Object({
  at: Type.Number(),
  /** registered, login, online, offline, refused … */
  kind: Type.String(),
  cause: Type.Optional(Type.String()),
  params: Type.Record(Type.String(), Type.Unknown()),
})
export type DiaryEntry = Static<typeof DiaryEntry>

export const controller = contract('controller', {
  /**
   * One sealed batch of device records (core/devicelog/batch.ts). Answers when it is durable: then, and only then, may the
   * devices be acknowledged. `log_unavailable`, `disk_full`: send the same batch again; `stream_sealed`: drop all connections.
   */
  accept: method(bytes, bytes, { ordered: true, retry: true, deadline: 30_000 }),
  /** Last known values, merged per object: JSON text `{label: [v, …]}`. */
  latest: method(Type.Object({ deviceId: Id }), Type.Object({ json: Type.String() }), { retry: true }),
  /** Asks the device (command 65528) and waits for its next status: JSON text. One question serves all who wait. */
  ask: method(Type.Object({ deviceId: Id, timeout: Ms }), Type.Object({ json: Type.String() }), { deadline: 70_000 }),
  /** Sets values: body = JSON text `{label: [v, …]}`; answers when the device has confirmed. */
  setStatus: method(Type.Object({ deviceId: Id, body: Type.String(), timeout: Ms }), CommandState, { deadline: 70_000 }),
  /** One command: body = JSON text `{name: [v, …]}`; answers when the device has confirmed. */
  command: method(Type.Object({ deviceId: Id, body: Type.String(), timeout: Ms }), CommandState, { deadline: 70_000 }),
  /** What became of a device's connection, newest first. */
  diary: method(
    Type.Object({ deviceId: Id, limit: Type.Optional(Type.Integer()) }),
    Type.Object({ items: Type.Array(DiaryEntry) }),
    { retry: true },
  ),
  /** A session that has just begun wants what the cloud owes it: the clock (65531), QoS 2 ids not yet released. */
  session: method(Type.Object({ deviceId: Id }), Type.Object({ unreleased: Type.Array(Type.Integer()) }), { retry: true }),
})
