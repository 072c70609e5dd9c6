/** Who may come in at all. */
import type { Sealed } from './sealed.ts'

/** An address from which nobody comes in for a time. */
export interface AddressBlockRow extends Sealed {
  id: number
  tenant_id: number
  host: string
  until: number
  set_by: string
  at: number
}
