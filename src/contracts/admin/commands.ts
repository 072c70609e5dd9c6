import { type Static, Type } from 'typebox'
import { commandStates } from '../controller/commands.ts'
import { byId, exactly, Id, listOf, Params, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Command = exactly(
  {
    id: Text,
    device: Id,
    command: Type.Optional(Type.String({ description: 'its name in the model' })),
    params: Type.Unknown({ description: '`[v, …]` of a command, `{label: [v, …]}` of a status' }),
    state: Type.Enum([...commandStates]),
    at: exactly({
      accepted: Time,
      sent: Type.Optional(Time),
      delivered: Type.Optional(Time),
      executed: Type.Optional(Time),
      ended: Type.Optional(Time),
    }),
    until: Type.Number({ description: 'not sent any more after this; 0: it was for a device that is online only' }),
    result: Type.Optional(exactly({ code: Type.Integer(), text: Text })),
    why: Type.Optional(Text),
    can_tell: Type.Boolean({ description: 'false: `delivered` is the last thing that this firmware lets us know' }),
    by: Text,
  },
  { title: 'Command' },
)
export type Command = Static<typeof Command>

export const Desired = exactly(
  {
    desired: Params,
    reported: Params,
    differs: Type.Array(Text),
    held: Type.Array(Text),
    state: Type.Enum(['none', 'waiting', 'sent', 'reached', 'stuck']),
    reason: Type.Optional(Text),
    sent_at: Time,
    set_at: Time,
    tries: Type.Integer(),
    by: Text,
    revision: Type.Integer(),
  },
  { title: 'Desired' },
)
export type Desired = Static<typeof Desired>

const tag = 'commands'
const byCommand = exactly({ id: Type.String({ minLength: 1, maxLength: 128 }) })
const Values = Type.Array(Type.Unknown(), { maxItems: 256 })
const ByLabel = (item: typeof Values) => Type.Record(Type.String({ maxLength: 256 }), item)

export const commandRoutes = {
  'GET /devices/{id}/commands': route({
    id: 'listCommands',
    tag,
    summary: 'Commands to the device, newest first',
    params: byId,
    query: exactly({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: listOf(Command),
    can: 'devices.read',
    errors: ['device_unknown'],
  }),
  'POST /devices/{id}/commands': route({
    id: 'sendCommand',
    tag,
    summary: 'A command, or values to set: accepted when it is durable, kept for `ttl_s` while the device is offline',
    description: '`command` with `params`, or `set`. 64-bit integers may be decimal strings; octets are base64.',
    params: byId,
    body: exactly({
      command: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      params: Type.Optional(Values),
      set: Type.Optional(ByLabel(Values)),
      sub_device: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
      ttl_s: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 30 * 86_400, description: '0, the default: only if it is online' }),
      ),
    }),
    answer: Command,
    status: 202,
    can: 'devices.command',
    audit: 'device.command',
    idempotent: 'throughout',
    errors: ['device_unknown', 'device_offline', 'frame_invalid', 'frame_too_large', 'rate_limited', 'log_unavailable'],
  }),
  'GET /commands/{id}': route({
    id: 'getCommand',
    tag,
    summary: 'What became of a command',
    params: byCommand,
    answer: Command,
    can: 'devices.read',
    errors: ['not_found'],
  }),
  'DELETE /commands/{id}': route({
    id: 'cancelCommand',
    tag,
    summary: 'Cancel a command that still waits',
    params: byCommand,
    answer: Command,
    can: 'devices.command',
    audit: 'device.command.cancel',
    errors: ['not_found', 'conflict', 'log_unavailable'],
  }),
}

export const desiredRoutes = {
  'GET /devices/{id}/desired': route({
    id: 'getDesired',
    tag,
    summary: 'What is wanted of the device beside what it reports',
    params: byId,
    answer: Desired,
    can: 'devices.read',
    revision: true,
    errors: ['device_unknown'],
  }),
  'PUT /devices/{id}/desired': route({
    id: 'setDesired',
    tag,
    summary: 'Want these values: held until the device reports them; null: no longer wanted',
    description: 'Labels that are left out stay as they are.',
    params: byId,
    body: Type.Record(Type.String({ maxLength: 256 }), Type.Union([Values, Type.Null()])),
    answer: Desired,
    can: 'devices.command',
    audit: 'device.desired',
    revision: true,
    errors: ['device_unknown', 'frame_invalid', 'log_unavailable'],
  }),
}
