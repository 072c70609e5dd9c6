import type { auditRoutes, AuditEntry as Told } from '#contracts/admin/audit.ts'
import type { AuditEntry } from '#contracts/registry.ts'
import type { Handlers, Parts } from './call.ts'
import { paged, placeOf } from './page.ts'

const told = (e: AuditEntry): Told => ({
  id: e.id,
  at: e.at,
  actor: e.actor,
  actor_name: e.actorName,
  addr: e.addr,
  request_id: e.requestId,
  action: e.action,
  object: e.object,
  before: e.before,
  after: e.after,
  hash: e.hash,
})

const PAGE = 100
/** As many as the registry gives at once; one is for knowing whether there are more. */
const MOST = 999

export function audit({ peers }: Parts): Handlers<typeof auditRoutes> {
  return {
    'GET /audit': async ({ query }) => {
      const { limit: wanted = PAGE, cursor, ...filter } = query
      const limit = Math.min(wanted, MOST)
      const before = cursor !== undefined && { before: placeOf(cursor) }
      const { items } = await peers.registry.auditEntries({ ...filter, ...before, limit: limit + 1 })
      return paged(items, { limit }, told)
    },
    'GET /audit/verify': async () => peers.registry.auditVerify({}),
  }
}
