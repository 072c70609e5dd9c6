/**
 * Who runs a tick of a timer: the primary key (rule, tick) elects. A claim is a lease; it is finished when the run's deeds are safe.
 * Whoever claims what a dead owner had claimed may run it a second time, so commands of a run carry ids made of rule and tick.
 */
import type { NewRow, RuleRunRow, Transaction } from '#core/registrystore/port.ts'
import { validId } from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { inParts } from './parts.ts'

export interface Tick {
  ruleId: number
  tick: number
}
export type Claim = 'claimed' | 'taken' | 'done'

const LEASE = 60_000
/** Finished ticks of a rule that are kept; older ones count as done. */
const KEEP = 8

interface Claimant {
  owner: string
  lease?: number
  items: readonly Tick[]
}

const lease = (t: Tick, owner: string, until: number): NewRow<'rule_run'> => ({
  rule_id: t.ruleId,
  tick: t.tick,
  tenant_id: TENANT,
  owner,
  lease_until: until,
  done: 0,
})

/** Runs of these rules, by rule. */
async function runsByRule(tx: Pick<Transaction, 'select'>, ids: number[]): Promise<Map<number, RuleRunRow[]>> {
  const byRule = Map.groupBy(await tx.select('rule_run', { in: { column: 'rule_id', values: ids } }), (r) => r.rule_id)
  return byRule
}

const finished = (rows: readonly NewRow<'rule_run'>[]) => rows.filter((r) => r.done === 1).sort((a, b) => a.tick - b.tick)

/** Older than all that are kept of the finished ones: nobody knows any more, so it is not run again. */
function forgotten(rows: readonly NewRow<'rule_run'>[], tick: number): boolean {
  const done = finished(rows)
  return done.length >= KEEP && tick < done[0]!.tick
}

async function claim({ clock }: Context, tx: Transaction, c: Claimant): Promise<Claim[]> {
  const ids = [...new Set(c.items.map((i) => i.ruleId))].filter(validId)
  const known = new Set((await tx.select('rule', { in: { column: 'id', values: ids } })).map((r) => r.id))
  const runs: Map<number, NewRow<'rule_run'>[]> = await runsByRule(tx, ids)
  const now = clock.now()
  const until = now + (c.lease ?? LEASE)
  const claims: Claim[] = []
  for (const item of c.items) {
    const rows = runs.get(item.ruleId) ?? []
    const row = rows.find((r) => r.tick === item.tick)
    const mine = lease(item, c.owner, until)
    if (!known.has(item.ruleId) || row?.done === 1 || (!row && forgotten(rows, item.tick))) claims.push('done')
    else if (row && row.owner !== c.owner && row.lease_until > now) claims.push('taken')
    else {
      await (row ? tx.update('rule_run', [mine]) : tx.insert('rule_run', [mine]))
      runs.set(item.ruleId, [...rows.filter((r) => r !== row), mine])
      claims.push('claimed')
    }
  }
  return claims
}

/** Only the owner's own claims. */
async function finish(tx: Transaction, owner: string, items: readonly Tick[]): Promise<void> {
  const runs = await runsByRule(tx, [...new Set(items.map((i) => i.ruleId))])
  for (const { ruleId, tick } of items) {
    const rows = runs.get(ruleId) ?? []
    const row = rows.find((r) => r.tick === tick && r.owner === owner)
    if (!row || row.done === 1) continue
    row.done = 1
    await tx.update('rule_run', [row])
    const done = finished(rows)
    const old = done.slice(0, Math.max(0, done.length - KEEP))
    await tx.erase('rule_run', old)
    runs.set(
      ruleId,
      rows.filter((r) => !old.includes(r)),
    )
  }
}

export const makeTicks = (ctx: Context) => ({
  async claim(c: Claimant): Promise<Claim[]> {
    const claims: Claim[] = []
    await inParts(c.items, async (items) => {
      claims.push(...(await ctx.store.transaction((tx) => claim(ctx, tx, { ...c, items }))))
    })
    return claims
  },
  finish: (f: { owner: string; items: readonly Tick[] }): Promise<void> =>
    inParts(f.items, (items) => ctx.store.transaction((tx) => finish(tx, f.owner, items))),
  /** The newest tick of each rule, and those not finished. */
  async last(ruleIds: readonly number[]): Promise<(Tick & { open: number[] })[]> {
    const byRule = await runsByRule(ctx.store, ruleIds.filter(validId))
    return [...byRule].map(([ruleId, rows]) => ({
      ruleId,
      tick: Math.max(...rows.map((r) => r.tick)),
      open: rows.filter((r) => r.done === 0).map((r) => r.tick),
    }))
  },
})
