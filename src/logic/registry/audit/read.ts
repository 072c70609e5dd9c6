/** The audit log read, newest first. */
import type { AuditEntry, By } from '#contracts/registry.ts'
import type { AuditRow, NewRow } from '#core/registrystore/port.ts'
import type { Context } from '../context.ts'
import type { Deed } from './log.ts'
import { verify } from './verify.ts'

interface Filter {
  actor?: string
  action?: string
  object?: string
  from?: number
  to?: number
  before?: number
  limit?: number
}

const DEFAULT = 100
const END = Number.MAX_SAFE_INTEGER

const entryOf = (r: NewRow<'audit'>): AuditEntry => ({
  id: r.id,
  at: r.at,
  actor: r.actor,
  actorName: r.actor_name,
  addr: r.addr,
  requestId: r.request_id,
  action: r.action,
  object: r.object,
  before: JSON.parse(r.before_json),
  after: JSON.parse(r.after_json),
  hash: r.hash,
})

const given = (f: Filter): Partial<AuditRow> => ({
  ...(f.object !== undefined && { object: f.object }),
  ...(f.actor !== undefined && { actor: f.actor }),
  ...(f.action !== undefined && { action: f.action }),
})

export const makeAudit = (ctx: Context) => {
  const { store } = ctx

  /** The first id whose entry is at `at` or later: times never fall, ids have no gaps. */
  const firstAt = async (at: number): Promise<number> => {
    let [low, high] = [1, ((await store.select('audit', { before: END, limit: 1 }))[0]?.id ?? 0) + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [row] = await store.select('audit', { where: { id: middle } })
      if (row && row.at < at) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    async list(f: Filter): Promise<AuditEntry[]> {
      const first = f.from === undefined ? 1 : await firstAt(f.from)
      const before = Math.min(f.before ?? END, f.to === undefined ? END : await firstAt(f.to + 1))
      const rows = await store.select('audit', { where: given(f), before, limit: f.limit ?? DEFAULT })
      return rows.filter((r) => r.id >= first).map(entryOf)
    },
    append: (i: Deed & { audit: By }): Promise<AuditEntry> =>
      store.transaction(async (tx) => entryOf(await ctx.audit.append(tx, i.audit, i))),
    verify: () => verify(ctx),
  }
}
