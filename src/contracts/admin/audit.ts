import { type Static, Type } from 'typebox'
import { exactly, Line, listOf, page, Text, Time } from './common.ts'
import { route } from './route.ts'

export const AuditEntry = exactly(
  {
    id: Type.Integer({ minimum: 1, description: 'without gaps' }),
    at: Time,
    actor: Text,
    actor_name: Text,
    addr: Text,
    request_id: Text,
    action: Text,
    object: Text,
    before: Type.Unknown(),
    after: Type.Unknown(),
    hash: Type.String({ description: 'SHA-256 over the entry and the hash of the one before' }),
  },
  { title: 'AuditEntry' },
)
export type AuditEntry = Static<typeof AuditEntry>

const tag = 'audit'

export const auditRoutes = {
  'GET /audit': route({
    id: 'listAudit',
    tag,
    summary: 'Who did what, newest first',
    query: exactly({
      ...page,
      actor: Type.Optional(Line),
      action: Type.Optional(Line),
      object: Type.Optional(Line),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
    }),
    answer: listOf(AuditEntry),
    can: 'audit.read',
    everything: true,
  }),
  'GET /audit/verify': route({
    id: 'verifyAudit',
    tag,
    summary: 'Reads all of the audit log and proves its chain of hashes',
    answer: exactly({
      ok: Type.Boolean(),
      entries: Type.Integer(),
      hash: Text,
      wrong: Type.Optional(exactly({ id: Type.Integer(), code: Text })),
    }),
    can: 'audit.read',
    everything: true,
  }),
}
