import type { Sealed } from './sealed.ts'

export interface RuleRow extends Sealed {
  id: number
  tenant_id: number
  /** 0: none */
  application_id: number
  device_id: number
  name: string
  enabled: number
  definition: string
  /** JSON of the old form; '' */
  old: string
  version: number
  revision: number
  created_by: string
  created_at: number
  updated_at: number
}

export interface RuleVersionRow extends Sealed {
  rule_id: number
  version: number
  tenant_id: number
  name: string
  definition: string
  old: string
  created_by: string
  created_at: number
}

/** The primary key elects who runs a tick. */
export interface RuleRunRow extends Sealed {
  rule_id: number
  tick: number
  tenant_id: number
  owner: string
  lease_until: number
  done: number
}

/** The last runs of a rule, as a ring: `slot` = `n` modulo its size. */
export interface RuleTraceRow extends Sealed {
  rule_id: number
  slot: number
  tenant_id: number
  n: number
  version: number
  at: number
  outcome: string
  trace: string
}
