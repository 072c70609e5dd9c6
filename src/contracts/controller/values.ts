/** What is known of a device's values now. */
import { Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, Json, Ms } from './common.ts'

export const valueMethods = {
  /** Last known values, merged per object: JSON text `{label: [v, …]}`. */
  latest: method(Type.Object({ deviceId: Id }), Json, { retry: true }),
  /** The same with names and the times of their arrival: JSON text `{label: {name: {v, at}}}`. */
  values: method(Type.Object({ deviceId: Id }), Json, { retry: true }),
  /** Asks the device (command 65528) and waits for its next status: JSON text. One question serves all who wait. */
  ask: method(Type.Object({ deviceId: Id, timeout: Ms }), Json, { deadline: 70_000 }),
}
