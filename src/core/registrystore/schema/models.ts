/** Work on a product's model. */
import type { Sealed } from './sealed.ts'

export interface ProductDraftRow extends Sealed {
  product_id: number
  tenant_id: number
  config: string
  based_on: number
  revision: number
  updated_by: string
  updated_at: number
}

/** Devices with this firmware keep this version. */
export interface ProductPinRow extends Sealed {
  product_id: number
  firmware: string
  tenant_id: number
  version: number
}
