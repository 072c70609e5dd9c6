/** What is done elsewhere than in the registry and must be in the audit log: written down before, settled afterwards (AUDIT-3). */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditOutcome, By } from '#contracts/registry.ts'
import type { Parts } from './call.ts'
import { wasRefused } from './problem.ts'

export interface Deed<T> {
  by: By
  /** `device.command` */
  action: string
  /** `device/12` */
  object: string
  asked: object
  /** what it was */
  before?: object
  act(): Promise<T>
  /** what became of it, for the entry */
  after?(done: T): object
}

type Said = Partial<Record<'before' | 'after', Record<string, unknown>>>

/** Somebody waits for an answer that is known: a registry that hangs must not hold it up, the intent is durable. */
const SETTLE_MS = 500

export type Doing = <T>(deed: Deed<T>) => Promise<T>

export const makeDoing =
  ({ peers, log }: Pick<Parts, 'peers' | 'log'>): Doing =>
  async ({ by, action, object, asked, before, act, after }) => {
    const named = { audit: by, action, object }
    const { id } = await peers.registry.auditBegin({ ...named, asked: { ...asked }, attempt: randomUUID() })
    const settle = async (outcome: AuditOutcome, said: Said = {}) => {
      const settled = peers.registry.auditSettle({ id, ...named, outcome, ...said }).catch((err: unknown) => {
        log.warn({ err, ...named }, 'what became of a deed cannot be written down: the audit log will say that it is unknown')
      })
      await Promise.race([settled, sleep(SETTLE_MS, undefined, { ref: false })])
    }
    try {
      const done = await act()
      await settle('done', { ...(before && { before: { ...before } }), ...(after && { after: { ...after(done) } }) })
      return done
    } catch (e) {
      await settle(wasRefused(e) ? 'refused' : 'unknown')
      throw e
    }
  }
