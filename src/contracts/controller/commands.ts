/** Commands: what was asked of a device, and what became of it. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Ms, Text, Time } from './common.ts'

export const CommandState = Type.Object({ id: Text, state: Text })

/** A life goes from left to right and never back; the last five are final, `delivered` is too for devices that cannot tell more. */
export const CommandLife = Type.Union([
  Type.Literal('accepted'),
  Type.Literal('sent'),
  Type.Literal('delivered'),
  Type.Literal('executed'),
  Type.Literal('failed'),
  Type.Literal('timedOut'),
  Type.Literal('expired'),
  Type.Literal('cancelled'),
])
export const commandStates = CommandLife.anyOf.map((s) => s.const)

export const CommandKind = Type.Union([Type.Literal('command'), Type.Literal('status')])
export type CommandKind = Static<typeof CommandKind>

export const Command = Type.Object({
  /** names device, time and command: good for any later question */
  id: Text,
  deviceId: Id,
  kind: CommandKind,
  /** `command`: its name in the model ('' if that does not know it); `status`: '' */
  name: Text,
  /** JSON text: `command`: `[v, …]`; `status`: `{label: [v, …]}`; 64-bit integers as decimal text, bytes as base64 */
  params: Text,
  state: CommandLife,
  /** when each step was made; `ended` = failed, timed out, expired or cancelled */
  at: Type.Object({
    accepted: Time,
    sent: Type.Optional(Time),
    delivered: Type.Optional(Time),
    executed: Type.Optional(Time),
    ended: Type.Optional(Time),
  }),
  /** not sent any more after this; 0 = it was for a device that is online only */
  until: Time,
  /** what the device said of it (event 65534) */
  result: Type.Optional(Type.Object({ code: Type.Integer(), text: Text })),
  /** failed, timedOut: a code: device_offline, device_timeout, device_refused, frame_too_large, restarted … */
  why: Type.Optional(Text),
  /** the device has said before what became of a command: `delivered` is not the last that will be known */
  canTell: Type.Boolean(),
  /** who asked, as `sendCommand` was told */
  by: Text,
})
export type Command = Static<typeof Command>

export const commandMethods = {
  /** Sets values: body = JSON text `{label: [v, …]}`; answers when the device has confirmed. */
  setStatus: method(Type.Object({ deviceId: Id, body: Text, timeout: Ms }), CommandState, { deadline: 70_000 }),
  /** One command: body = JSON text `{name: [v, …]}`; answers when the device has confirmed. */
  command: method(Type.Object({ deviceId: Id, body: Text, timeout: Ms }), CommandState, { deadline: 70_000 }),
  /**
   * Accepts a command: answers as soon as it is durable. A device that is offline gets it when it connects, in the order of
   * acceptance, one after the other, never after `ttl` ms; `ttl` 0: `device_offline` unless it is online now. The same key again for
   * the same device within a day: the command that it named then. `frame_invalid`: it does not fit the model; `rate_limited`: too
   * many wait for the device; `log_unavailable`: the log has not taken it in 4 s; it is then never sent, unless it has a key: `pending`.
   */
  sendCommand: method(
    Type.Object({
      deviceId: Id,
      kind: CommandKind,
      /** kind `command`: its name in the model */
      name: Type.Optional(Text),
      /** JSON text as in `Command`; 64-bit integers may be numbers too */
      params: Text,
      /** instead of the model's part; kind `command` only */
      subDevice: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
      /** at most 30 days */
      ttl: Type.Number({ minimum: 0, maximum: 30 * 86_400_000 }),
      idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      by: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    Command,
  ),
  /** `not_found` */
  commandById: method(Type.Object({ id: Text }), Command, { retry: true }),
  /** A device's commands, newest first; 50 unless told, at most 500. */
  commands: method(
    Type.Object({ deviceId: Id, limit: Type.Optional(Type.Integer()), cursor: Type.Optional(Text) }),
    Type.Object({ ...list(Command).properties, next: Type.Optional(Text) }),
    { retry: true },
  ),
  /** `conflict` when it is on its way or over; `log_unavailable`: the log has not taken it in 4 s, ask again. */
  cancelCommand: method(Type.Object({ id: Text, by: Type.Optional(Text) }), Command),
}
