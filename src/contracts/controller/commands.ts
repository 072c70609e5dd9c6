/** The way down. */
import { Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, Ms, Text } from './common.ts'

export const CommandState = Type.Object({ id: Text, state: Text })

export const commandMethods = {
  /** Sets values: body = JSON text `{label: [v, …]}`; answers when the device has confirmed. */
  setStatus: method(Type.Object({ deviceId: Id, body: Text, timeout: Ms }), CommandState, { deadline: 70_000 }),
  /** One command: body = JSON text `{name: [v, …]}`; answers when the device has confirmed. */
  command: method(Type.Object({ deviceId: Id, body: Text, timeout: Ms }), CommandState, { deadline: 70_000 }),
}
