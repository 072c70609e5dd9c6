/** People, what they are signed in with, and what they did. */
import type { Sealed } from './sealed.ts'

export interface UserAccountRow extends Sealed {
  id: number
  tenant_id: number
  name: string
  /** the name as it is compared */
  name_folded: string
  /** `!` before it: the person is disabled */
  password_hash: string
  role: string
  scope: string
  locale: string
  zone: string
  must_change: number
  last_seen: number
  revision: number
  created_at: number
  updated_at: number
}

export interface UserSessionRow extends Sealed {
  id: number
  tenant_id: number
  user_id: number
  hash: string
  addr: string
  user_agent: string
  created_at: number
  last_seen: number
}

export interface ApiTokenRow extends Sealed {
  id: number
  tenant_id: number
  user_id: number
  name: string
  hash: string
  /** permissions, separated by commas */
  can: string
  scope: string
  created_at: number
  expires_at: number
  last_used: number
}

/** Never changed, never removed. */
export interface AuditRow extends Sealed {
  id: number
  tenant_id: number
  at: number
  actor: string
  actor_name: string
  addr: string
  request_id: string
  action: string
  object: string
  /** canonical JSON */
  before_json: string
  after_json: string
  hash: string
}

/** A deed that is done elsewhere, until it is known what became of it. */
export interface AuditIntentRow extends Sealed {
  id: number
  tenant_id: number
  at: number
  /** whoever does it has died if it is open then */
  lease_until: number
  actor: string
  actor_name: string
  addr: string
  request_id: string
  action: string
  object: string
  asked_json: string
  /** the call that began it */
  attempt: string
}

/** Where the log ends, under an HMAC: rows can't be taken from its end unnoticed. */
export interface AuditHeadRow extends Sealed {
  id: number
  tenant_id: number
  entries: number
  hash: string
  at: number
  mac: string
}

export interface IdempotencyRow extends Sealed {
  id: number
  tenant_id: number
  /** of principal and key */
  hash: string
  request_hash: string
  /** `running`, `done` */
  state: string
  lease_until: number
  status: number
  body_sealed: string
  created_at: number
  /** the call that began it */
  attempt: string
}
