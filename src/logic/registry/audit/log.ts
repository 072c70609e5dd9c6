/** Entries of the audit log, written in the transaction of what they tell of. */
import type { By } from '#contracts/registry.ts'
import type { Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { type Secrets, sameText } from '../secrets.ts'
import { canonical, emptyHead, entryHash, HEAD_ID, type Head, headMac } from './chain.ts'

/** What was done to what. */
export interface Deed {
  /** `product.publish` */
  action: string
  /** `product/7` */
  object: string
  before?: unknown
  after?: unknown
}

const TENANT_ID = 1
export const MAX_JSON = 1_000_000
const limits = { actor: 200, actorName: 200, addr: 64, requestId: 100, action: 64, object: 200 } as const

const SYSTEM: By = { actor: 'system', addr: '', requestId: '' }

/** Texts of entries come from requests: cut to what their columns hold, rather than losing the entry. */
const cut = (field: keyof typeof limits, value: string): string =>
  [...value.toWellFormed().replaceAll('\0', '')].slice(0, limits[field]).join('')

export function auditJson(field: string, value: unknown, max = MAX_JSON): string {
  const text = canonical(value)
  if (text.length > max) throw new PandoError('too_large', `${field} is above ${max} characters`, { field, max })
  return text
}

/** Who did what, as their columns hold it. */
export const auditNames = ({ actor, actorName, addr, requestId }: By, { action, object }: Pick<Deed, 'action' | 'object'>) => ({
  actor: cut('actor', actor),
  actor_name: cut('actorName', actorName ?? ''),
  addr: cut('addr', addr),
  request_id: cut('requestId', requestId),
  action: cut('action', action),
  object: cut('object', object),
})

/** The end of the log; throws `store_damaged` when it isn't as this cloud wrote it. */
export async function readHead(tx: Pick<Transaction, 'select'>, secrets: Secrets): Promise<Head & { isNew: boolean }> {
  const [row] = await tx.select('audit_head', { where: { id: HEAD_ID } })
  if (!row) return { ...emptyHead, isNew: true }
  if (!sameText(headMac(secrets, row), row.mac))
    throw new PandoError('store_damaged', 'the end of the audit log is not as it was written', { table: 'audit_head' })
  return { entries: row.entries, hash: row.hash, at: row.at, isNew: false }
}

/** Appends to the log within a transaction. → the row */
export const makeAuditLog = ({ secrets, clock }: { secrets: Secrets; clock: Pick<Clock, 'now'> }) => ({
  async append(tx: Transaction, by: By | undefined, deed: Deed) {
    const { isNew, ...before } = await readHead(tx, secrets)
    const entry = {
      id: before.entries + 1,
      tenant_id: TENANT_ID,
      // never falls, so that a time is found by halving
      at: Math.max(before.at, clock.now()),
      ...auditNames(by ?? SYSTEM, deed),
      before_json: auditJson('before', deed.before),
      after_json: auditJson('after', deed.after),
    }
    const row = { ...entry, hash: entryHash(entry, before.hash) }
    await tx.insert('audit', [row])
    const head = { entries: row.id, hash: row.hash, at: row.at }
    const headRow = { id: HEAD_ID, tenant_id: TENANT_ID, ...head, mac: headMac(secrets, head) }
    await (isNew ? tx.insert('audit_head', [headRow]) : tx.update('audit_head', [headRow]))
    return row
  },
})

export type AuditLog = ReturnType<typeof makeAuditLog>
