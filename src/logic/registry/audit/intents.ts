/**
 * Deeds that are done elsewhere than in the registry: each is durable here before it is done, and an entry of the log when it is known what
 * became of it, or when it is clear that nobody will know because whoever did it has died.
 */
import type { AuditOutcome, By } from '#contracts/registry.ts'
import type { AuditIntentRow, Transaction } from '#core/registrystore/port.ts'
import { type Context, TENANT } from '../context.ts'
import { auditJson, auditNames, type Deed, MAX_JSON } from './log.ts'

/** Longer than any call waits. What still goes on then has its outcome too, in an entry of its own. */
const LEASE_MS = 60_000
/** What an entry says beside what was asked. */
const ROOM = 1000
const AT_ONCE = 200

type Named = Omit<Deed, 'before' | 'after'> & { audit: By }
type Settled = Deed & { audit: By; id: number; outcome: AuditOutcome }

export const makeIntents = ({ store, clock, audit }: Pick<Context, 'store' | 'clock' | 'audit'>) => {
  async function giveUp(tx: Transaction, r: AuditIntentRow): Promise<void> {
    const by = { actor: r.actor, actorName: r.actor_name, addr: r.addr, requestId: r.request_id }
    const after = { ...JSON.parse(r.asked_json), outcome: 'unknown', begun: r.at }
    await tx.erase('audit_intent', [r])
    await audit.append(tx, by, { action: r.action, object: r.object, after })
  }

  return {
    /** Before the deed; once more where the answer was lost. → its number */
    begin: ({ audit: by, asked, attempt, ...deed }: Named & { asked: object; attempt: string }): Promise<{ id: number }> =>
      store.transaction(async (tx) => {
        const [begun] = await tx.select('audit_intent', { where: { attempt } })
        if (begun) return { id: begun.id }
        const id = await tx.next('audit_intent', 1)
        const at = clock.now()
        const times = { tenant_id: TENANT, at, lease_until: at + LEASE_MS }
        const said = { ...auditNames(by, deed), asked_json: auditJson('after', asked, MAX_JSON - ROOM) }
        await tx.insert('audit_intent', [{ id, ...times, ...said, attempt }])
        return { id }
      }),

    /** After the deed. One that was `refused` was not done. */
    settle: ({ id, outcome, audit: by, ...deed }: Settled): Promise<void> =>
      store.transaction(async (tx) => {
        const [open] = await tx.select('audit_intent', { where: { id } })
        if (outcome === 'unknown') return open && giveUp(tx, open)
        if (open) await tx.erase('audit_intent', [open])
        if (outcome === 'done') await audit.append(tx, by, deed)
      }),

    /** Those that nobody settles any more. */
    async sweep(): Promise<void> {
      const isOver = (r: AuditIntentRow): boolean => r.lease_until <= clock.now()
      const open = async (from: Pick<Transaction, 'select'>) =>
        (await from.select('audit_intent', { limit: AT_ONCE })).filter(isOver)
      while ((await open(store)).length > 0)
        await store.transaction(async (tx) => {
          for (const r of await open(tx)) await giveUp(tx, r)
        })
    },
  }
}
