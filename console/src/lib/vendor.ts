/** The vendor that lists and figures are narrowed to. */
import { store, useStore } from './store.ts'

export const vendor = store<number | undefined>(undefined)
export const useVendor = (): { vendor?: number } => {
  const id = useStore(vendor)
  return id === undefined ? {} : { vendor: id }
}
