/** The way up. */
import { Type } from 'typebox'
import { bytes, method } from '../contract.ts'
import { Id } from './common.ts'

/** Streams of writers are numbered by the time at which they began, and lie far above. */
export const LAST_OLD_STREAM = 1 << 20

export const upMethods = {
  /**
   * One sealed batch of device records (core/devicelog/batch.ts). Answers when it is durable: then, and only then, may the
   * devices be acknowledged. `log_unavailable`, `disk_full`: send the same batch again; `stream_sealed`: drop all connections.
   */
  accept: method(bytes, bytes, { ordered: true, retry: true, deadline: 30_000 }),
  /**
   * One sealed batch of status and event records of an older cloud (flag `adopted`), its stream's number at most `LAST_OLD_STREAM`. Answers
   * when history and current status have them durably, at the times that they say; rules and webhooks hear nothing. Numbers grow, and may
   * leave gaps; one that is not above the stream's last is taken for a repetition. `invalid`: it is none.
   */
  adopt: method(bytes, bytes, { ordered: true, retry: true, deadline: 60_000 }),
  /** The last number of such a stream; 0: none. */
  adopted: method(Type.Object({ stream: Id }), Type.Object({ seq: Type.Number() }), { retry: true }),
  /**
   * An access node died: its stream of the log is sealed, so that it says nothing more should it wake up, what it had appended is seen by all,
   * and its sessions that nobody took over are recorded as ended (`node_lost`).
   */
  nodeLost: method(
    Type.Object({
      node: Type.String(),
      stream: Type.Optional(Type.Number()),
      sessions: Type.Array(Type.Object({ device: Id, epoch: Type.Number() })),
    }),
    Type.Object({}),
    { retry: true, deadline: 30_000 },
  ),
  /**
   * Presence has lost its data, and these are the streams of all access nodes that have said since which devices they hold. Every other stream
   * is sealed but the controller's own, and what was appended to it is seen by all. → how many those were
   */
  onlyStreams: method(Type.Object({ streams: Type.Array(Type.Number()) }), Type.Object({ sealed: Type.Integer() }), {
    retry: true,
    deadline: 30_000,
  }),
  /**
   * Presence knows all sessions again, after it had lost its data: those that the log says are online and that nobody holds were at nodes that
   * went meanwhile. They are recorded as ended (`node_lost`), where a second look some seconds later finds the same. → how many those were
   */
  endUnheld: method(Type.Object({}), Type.Object({ ended: Type.Integer() }), { retry: true, deadline: 600_000 }),
  /**
   * Of sessions that end at a node that was frozen or cut off: whether a later one of the device has come online since, or the session's end was
   * recorded by others.
   */
  lateEnds: method(
    Type.Object({ sessions: Type.Array(Type.Object({ device: Id, epoch: Type.Number() })) }),
    Type.Object({ late: Type.Array(Type.Boolean()) }),
    { retry: true },
  ),
  /**
   * A session that has just begun wants what the cloud knows of those before: QoS 2 ids not yet released, and whether
   * something is on its way to the device; with `keys` also the last requests under an Idempotency-Key, base64 of core/devicelog/done.ts,
   * oldest first.
   */
  session: method(
    Type.Object({ deviceId: Id, keys: Type.Optional(Type.Boolean()) }),
    Type.Object({
      unreleased: Type.Array(Type.Integer()),
      waiting: Type.Optional(Type.Boolean()),
      done: Type.Optional(Type.String()),
    }),
    { retry: true },
  ),
}
