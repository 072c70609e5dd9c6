/** How much device log and history may take. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Ms } from './common.ts'

const MIN_BYTES = 64 << 20
const Bytes = Type.Integer({ minimum: MIN_BYTES })

const limits = {
  devicelogMaxBytes: Bytes,
  devicelogMaxAge: Type.Number({ ...Ms, minimum: 60_000 }),
  historyMaxBytes: Bytes,
  historyMaxAge: Type.Number({ ...Ms, minimum: 3_600_000 }),
}
export const DiskBudget = Type.Object(limits)
export type DiskBudget = Static<typeof DiskBudget>

export const budgetMethods = {
  /** What counts now, and what of it people have set. */
  diskBudget: method(Type.Object({}), Type.Object({ ...limits, set: Type.Partial(DiskBudget) }), { retry: true }),
  /** Counts from now on, over restarts; what is absent is as the settings say again. */
  setDiskBudget: method(Type.Partial(DiskBudget), Type.Object({}), { retry: true }),
}
