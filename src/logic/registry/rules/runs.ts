/**
 * The last runs of each rule, for people to look at: a ring of 200 rows a rule, overwritten in place. What a run did is in the
 * device log for as long as that is kept; a row for every run for ever would let one busy rule fill the disk that all share.
 */
import type { RuleRun } from '#contracts/registry.ts'
import type { NewRow, Transaction } from '#core/registrystore/port.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { inParts } from './parts.ts'
import { runsOf } from './remove.ts'

const RING = 200
/** as MySQL's TEXT, in its longest encoding */
const MAX_TRACE = 16_000
const MAX_OUTCOME = 32

type Run = Omit<RuleRun, 'n'>

const rowOf = (r: Run, n: number): NewRow<'rule_trace'> => ({
  rule_id: r.ruleId,
  slot: n % RING,
  tenant_id: TENANT,
  n,
  version: r.version,
  at: r.at,
  outcome: check.text('outcome', r.outcome, MAX_OUTCOME),
  trace: check.text('trace', r.trace, MAX_TRACE),
})

/** Runs of one rule, in order; those that the ring would not hold are counted only. */
async function write(tx: Transaction, ruleId: number, runs: readonly Run[]): Promise<void> {
  const first = await tx.next(runsOf(ruleId), runs.length)
  // the last 200 before `first` are there, since every batch leaves its last 200
  const isThere = ({ slot }: NewRow<'rule_trace'>): boolean => first > RING || (slot >= 1 && slot < first)
  const rows = runs.map((r, i) => rowOf(r, first + i)).slice(-RING)
  await tx.update('rule_trace', rows.filter(isThere))
  await tx.insert(
    'rule_trace',
    rows.filter((r) => !isThere(r)),
  )
}

export const makeRuleRuns = ({ store }: Context) => ({
  /** Those of rules that are gone are left out. */
  add: (items: readonly Run[]): Promise<void> =>
    inParts([...Map.groupBy(items, (i) => i.ruleId)], (some) =>
      store.transaction(async (tx) => {
        const byRule = new Map(some)
        const known = await tx.select('rule', { in: { column: 'id', values: [...byRule.keys()] } })
        for (const { id } of known) await write(tx, id, byRule.get(id)!)
      }),
    ),

  /** Newest first. Of one time that which was told of last: runs of a device that share one are told of in order. */
  async list(id: number, limit = RING): Promise<RuleRun[]> {
    const rows = await store.select('rule_trace', { where: { rule_id: id } })
    const newest = rows.sort((a, b) => b.at - a.at || b.n - a.n).slice(0, limit)
    return newest.map(({ n, version, at, outcome, trace }) => ({ n, ruleId: id, version, at, outcome, trace }))
  },
})
