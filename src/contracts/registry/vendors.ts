import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

export const Vendor = Type.Object({
  id: Id,
  name: Text,
  description: Text,
  key: Text,
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
})
export type Vendor = Static<typeof Vendor>

export const vendorMethods = {
  vendors: method(Page, list(Vendor), { retry: true }),
  addVendor: method(Type.Object({ name: Text, description: Text, ...byWhom }), Vendor),
  editVendor: method(Type.Object({ id: Id, name: Type.Optional(Text), description: Type.Optional(Text), ...guarded }), Vendor),
  removeVendor: method(Type.Object({ id: Id, ...guarded }), None),
}
