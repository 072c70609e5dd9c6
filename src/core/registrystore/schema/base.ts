/** What the store and the service keep about the database itself. */
import type { Sealed } from './sealed.ts'

/** The next id of a table; `commit` counts the transactions that wrote something. */
export interface SequenceRow extends Sealed {
  name: string
  next: number
}

/** What was changed and by which process, so that the others drop it from their caches and ring their bells. */
export interface RegistryChangeRow extends Sealed {
  id: number
  tenant_id: number
  what: string
  what_id: number
  change: string
  origin: string
  at: number
}

/** Facts about the database itself: schema version and checksum, check values of the keys. */
export interface MetaRow extends Sealed {
  name: string
  value: string
}
