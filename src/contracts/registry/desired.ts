/** What applications want devices to report; held until it is cleared. Comparing and sending is the controller's affair. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, Id, list, Page, Text, Time } from './common.ts'

export const DesiredObject = Type.Object({
  /** the object's label */
  object: Text,
  /** JSON text of its values */
  value: Text,
  /** the device's version that set it */
  version: Type.Integer(),
  at: Time,
  by: Text,
})
export type DesiredObject = Static<typeof DesiredObject>

export const Desired = Type.Object({
  deviceId: Id,
  /** grows with each change, never falls; 0: nothing was ever wanted */
  version: Type.Integer(),
  objects: Type.Array(DesiredObject),
})
export type Desired = Static<typeof Desired>

/** `conflict` (`params.version` = the present one) unless the device has this version. */
const ifVersion = Type.Optional(Type.Integer({ minimum: 0 }))

export const desiredMethods = {
  /** One for each id, in order. */
  desired: method(Type.Object({ deviceIds: Type.Array(Id) }), list(Desired), { retry: true }),
  /** Devices that something is wanted of, by id. */
  desiredDevices: method(Page, list(Id), { retry: true }),
  /** `set`: these objects; the others stay. `clear`: these are no longer wanted. Bell: `desired`, the device's id. */
  setDesired: method(
    Type.Object({
      deviceId: Id,
      set: Type.Optional(Type.Array(Type.Object({ object: Text, value: Text }))),
      clear: Type.Optional(Type.Union([Type.Array(Text), Type.Literal('all')])),
      ifVersion,
      ...byWhom,
    }),
    Desired,
  ),
}
