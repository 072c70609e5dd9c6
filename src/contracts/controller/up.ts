/** The way up. */
import { Type } from 'typebox'
import { bytes, method } from '../contract.ts'
import { Id } from './common.ts'

export const upMethods = {
  /**
   * One sealed batch of device records (core/devicelog/batch.ts). Answers when it is durable: then, and only then, may the
   * devices be acknowledged. `log_unavailable`, `disk_full`: send the same batch again; `stream_sealed`: drop all connections.
   */
  accept: method(bytes, bytes, { ordered: true, retry: true, deadline: 30_000 }),
  /** A session that has just begun wants what the cloud owes it: the clock (65531), QoS 2 ids not yet released. */
  session: method(Type.Object({ deviceId: Id }), Type.Object({ unreleased: Type.Array(Type.Integer()) }), { retry: true }),
}
