/** What needs somebody. */
import type { Sealed } from './sealed.ts'

export interface AlertRow extends Sealed {
  id: number
  tenant_id: number
  /** unique: `code object` while it is going, with its id behind when it is over */
  slot: string
  code: string
  object: string
  severity: string
  /** JSON */
  params: string
  since: number
  state: string
  acknowledged_by: string
  /** 0: it is going */
  cleared_at: number
}
