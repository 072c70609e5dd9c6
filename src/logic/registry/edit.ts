/** Things that people change: the change, its entry in the audit log and its bell are one transaction. */
import type { By } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Deed } from './audit/log.ts'
import { difference, shown } from './audit/shown.ts'
import { change } from './changes.ts'
import type { Context } from './context.ts'

/** What every input of a change may carry. */
export interface Asked {
  audit?: By
  ifRevision?: number
}

export interface Edited<R> {
  result: R
  bell?: RegistryBell
  bells?: RegistryBell[]
  /** none when nothing was changed */
  deed?: Deed
}

export const edit = <R>(ctx: Context, { audit }: Asked, work: (tx: Transaction) => Promise<Edited<R>>): Promise<R> =>
  change(ctx, async (tx) => {
    const { deed, ...done } = await work(tx)
    if (deed) await ctx.audit.append(tx, audit, deed)
    return done
  })

/** Throws `conflict` with the present revision when the caller saw another. */
export function expectRevision({ revision }: { revision: number }, { ifRevision }: Asked): void {
  if (ifRevision === undefined || ifRevision === revision) return
  throw new PandoError('conflict', 'it was changed by somebody else meanwhile', { revision, ifRevision })
}

/** The row with what every edit changes. */
export const revised = <R extends { revision: number; updated_at: number }>(ctx: Context, row: R): R => ({
  ...row,
  revision: row.revision + 1,
  updated_at: ctx.clock.now(),
})

type Identified = { id: number }
export const added = (kind: string, thing: Identified): Deed => ({
  action: `${kind}.add`,
  object: `${kind}/${thing.id}`,
  after: shown(thing),
})
/** `more`: what the contract doesn't show of it but the audit log shall. */
export const edited = (kind: string, before: Identified, after: Identified, action = 'edit', more: object = {}): Deed => ({
  action: `${kind}.${action}`,
  object: `${kind}/${after.id}`,
  ...difference(before, { ...after, ...more }),
})
export const removed = (kind: string, thing: Identified): Deed => ({
  action: `${kind}.remove`,
  object: `${kind}/${thing.id}`,
  before: shown(thing),
})
