import type { RegistryBell } from '#core/queue/port.ts'
import type { NewRow, Transaction } from '#core/registrystore/port.ts'

/** The sequence that counts the runs of a rule. */
export const runsOf = (ruleId: number): string => `rule_trace/${ruleId}`

/** Removes rules with their versions, ticks and runs. → bells to ring */
export async function removeRules(tx: Transaction, where: Partial<NewRow<'rule'>>): Promise<RegistryBell[]> {
  const ids = (await tx.select('rule', { where })).map((r) => r.id)
  if (ids.length === 0) return []
  for (const table of ['rule_version', 'rule_run', 'rule_trace'] as const) await tx.remove(table, 'rule_id', ids)
  await tx.remove('sequence', 'name', ids.map(runsOf))
  await tx.remove('rule', 'id', ids)
  return ids.map((id) => ({ what: 'rule', id, change: 'removed' }))
}
