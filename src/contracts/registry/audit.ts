/** The audit log: append-only, each entry under a hash that covers the one before. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Attempt, By, Id, list, None, Text, Time } from './common.ts'

/**
 * `hash` = SHA-256 (hex) of the canonical JSON (RFC 8785) of the entry without `hash` and with `previous`, the hash of the entry before
 * (64 zeros for the first). Secrets never stand in `before` and `after`.
 */
export const AuditEntry = Type.Object({
  id: Type.Integer({ minimum: 1, description: 'without gaps' }),
  at: Time,
  actor: Text,
  actorName: Text,
  addr: Text,
  requestId: Text,
  /** `product.publish` */
  action: Text,
  /** `product/7`, `device/12` */
  object: Text,
  /** what it was and became, as far as it changed; null for none */
  before: Type.Unknown(),
  after: Type.Unknown(),
  hash: Text,
})
export type AuditEntry = Static<typeof AuditEntry>

export const AuditOutcome = Type.Union([
  Type.Literal('done'),
  /** it was not done */
  Type.Literal('refused'),
  Type.Literal('unknown'),
])
export type AuditOutcome = Static<typeof AuditOutcome>

const deed = { audit: By, action: Text, object: Text }
const Said = Type.Record(Type.String(), Type.Unknown())

export const auditMethods = {
  /**
   * Before a deed elsewhere than in the registry; `too_large`. What is not settled within a minute becomes an entry: its outcome is unknown.
   * The same `attempt` is the same deed.
   */
  auditBegin: method(Type.Object({ ...deed, asked: Said, attempt: Attempt }), Type.Object({ id: Id }), { retry: true }),
  /** After the deed: its entry, unless it was refused. */
  auditSettle: method(
    Type.Object({ id: Id, ...deed, outcome: AuditOutcome, before: Type.Optional(Said), after: Type.Optional(Said) }),
    None,
  ),
  /** For what cannot fail, before it is done. */
  auditAppend: method(
    Type.Object({
      ...deed,
      before: Type.Optional(Type.Unknown()),
      after: Type.Optional(Type.Unknown()),
    }),
    AuditEntry,
  ),
  /** Newest first; `before`: only entries with a smaller id (the cursor: the last id of the page before). */
  auditEntries: method(
    Type.Object({
      actor: Type.Optional(Text),
      action: Type.Optional(Text),
      object: Type.Optional(Text),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      before: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    list(AuditEntry),
    { retry: true, deadline: 20_000 },
  ),
  /** Reads all of it. `ok: false` names the first entry that isn't as written, is missing, or (at the end) was cut off. */
  auditVerify: method(
    Type.Object({}),
    Type.Object({
      ok: Type.Boolean(),
      entries: Type.Integer(),
      /** of the newest entry */
      hash: Text,
      wrong: Type.Optional(
        Type.Object({
          id: Type.Integer(),
          code: Type.Union([
            Type.Literal('altered'),
            Type.Literal('missing'),
            Type.Literal('cut_off'),
            Type.Literal('unknown_end'),
          ]),
        }),
      ),
    }),
    { retry: true, deadline: 120_000 },
  ),
}
