/** What is done elsewhere than in the registry and must be in the audit log: written down before, settled afterwards (AUDIT-3). */
import type { AuditOutcome, By } from '#contracts/registry.ts'
import { errorTable, toPandoError } from '#lib/errors.ts'
import type { Parts } from './call.ts'

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

const SURELY = 500

/** Errors of the server leave open whether something was done. */
const wasRefused = (e: unknown): boolean => errorTable[toPandoError(e).code].status < SURELY

export type Doing = <T>(deed: Deed<T>) => Promise<T>

export const makeDoing =
  ({ peers, log }: Pick<Parts, 'peers' | 'log'>): Doing =>
  async ({ by, action, object, asked, before, act, after }) => {
    const named = { audit: by, action, object }
    const { id } = await peers.registry.auditBegin({ ...named, asked: { ...asked } })
    const settle = (outcome: AuditOutcome, said: Said = {}) =>
      peers.registry.auditSettle({ id, ...named, outcome, ...said }).catch((err: unknown) => {
        log.warn({ err, ...named }, 'what became of a deed cannot be written down: the audit log will say that it is unknown')
      })
    try {
      const done = await act()
      await settle('done', { ...(before && { before: { ...before } }), ...(after && { after: { ...after(done) } }) })
      return done
    } catch (e) {
      await settle(wasRefused(e) ? 'refused' : 'unknown')
      throw e
    }
  }
