/** What devices need: registration, login, tokens. */
import { Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, Id, list, None, Text } from './common.ts'
import { Device } from './devices.ts'

const DeviceCheck = Type.Object({ deviceId: Type.Number(), token: Type.String({ description: '32 hex digits' }) })
/** Either the device, or why not: `device_unknown`, `token_unknown`, `token_of_other_device`, `server_busy` (its rows can't be read now). */
const DeviceVerdict = Type.Object({
  device: Type.Optional(Device),
  refused: Type.Optional(Type.String()),
  /** for `token_unknown`: it was this device's token until it expired or a login replaced it */
  was: Type.Optional(Type.Union([Type.Literal('expired'), Type.Literal('replaced')])),
})

export const credentialMethods = {
  registerDevice: method(
    Type.Object({ productKey: Text, code: Text, version: Text }),
    Type.Object({ device: Device, secret: Text, key: Text, created: Type.Boolean() }),
    { retry: true },
  ),
  /** Checks the secret (constant time) and makes a token; the token that was current stays known as `replaced` for the diary only. */
  login: method(Type.Object({ deviceId: Type.Number(), secret: Text }), Type.Object({ device: Device, token: Text })),
  /**
   * The device's secret, for a handshake in which it is the key: it proves that the device has it, and is never sent. `device_unknown`. Asked
   * for by access nodes, and kept by none.
   */
  presharedKey: method(Type.Object({ deviceId: Type.Number() }), Type.Object({ secret: Text }), { retry: true }),
  /** For connects, a batch at a time. A token that is accepted slides forward. */
  checkTokens: method(Type.Object({ items: Type.Array(DeviceCheck) }), list(DeviceVerdict), { retry: true }),
  /** The device whose current token this is; it says nothing about whether it still lives. */
  deviceOfToken: method(Type.Object({ token: Text }), Type.Object({ deviceId: Type.Optional(Id) }), { retry: true }),
  /** Keeps the tokens of devices that are connected alive (30 days from now); called for all of them now and then. */
  touchTokens: method(Type.Object({ deviceIds: Type.Array(Id) }), None, { retry: true }),
  /** The device's tokens die at once; its live session ends within a second. */
  revokeTokens: method(Type.Object({ deviceId: Id, ...byWhom }), None, { retry: true }),
  /**
   * The token that the last login replaced is the current one again, the newer one is replaced: for a board that keeps trying its old
   * token. `not_found` when none is remembered.
   */
  acceptReplacedToken: method(Type.Object({ deviceId: Id, ...byWhom }), None),
}
