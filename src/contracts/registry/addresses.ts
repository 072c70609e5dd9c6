/** Addresses from which nobody comes in for a time. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, Id, list, None, Text, Time } from './common.ts'

export const AddressBlock = Type.Object({ host: Text, until: Time })
export type AddressBlock = Static<typeof AddressBlock>

export const addressMethods = {
  /** `until` 0: lets it in again. `deviceId`: whose address it is, for the audit log. */
  blockAddress: method(Type.Object({ host: Text, until: Time, deviceId: Id, ...byWhom }), None),
  /** Those whose time is not over. */
  addressBlocks: method(Type.Object({}), list(AddressBlock), { retry: true }),
}
