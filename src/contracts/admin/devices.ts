import { type Static, Type } from 'typebox'
import { byId, exactly, Id, Line, listOf, Name, Params, page, Revision, Text, Time, vendorFilter } from './common.ts'
import { route } from './route.ts'

/** `refused`: it wants in and is turned away; `flapping`: it comes and goes; `never`: it has not connected yet. */
export const deviceStates = ['online', 'offline', 'refused', 'flapping', 'never'] as const
export const DeviceState = Type.Enum(deviceStates)
export type DeviceState = Static<typeof DeviceState>

export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 64 })

export const Connection = exactly({
  protocol: Text,
  addr: Text,
  node: Text,
  since: Time,
  keepalive: Type.Optional(Type.Integer({ description: 'seconds, as the device said; of one device only' })),
  paced: Type.Optional(Type.Boolean({ description: 'binary firmware, sent to at its own pace; of one device only' })),
  rtt_ms: Type.Optional(
    Type.Number({ description: 'in which the last command of this connection was confirmed; of one device only' }),
  ),
})

export const Device = exactly(
  {
    id: Id,
    identifier: Text,
    client_id: Text,
    code: Type.String({ description: 'the serial' }),
    name: Text,
    description: Text,
    product: Id,
    vendor: Id,
    model: Type.Integer({ description: 'the model version that its records are written with' }),
    firmware: Text,
    state: DeviceState,
    cause: Type.Optional(Type.String({ description: 'why it is offline or refused' })),
    since: Time,
    last_report: Time,
    connection: Type.Optional(Connection),
    tags: Type.Array(Text),
    groups: Type.Array(Id),
    logged_in_at: Time,
    token_issued_at: Time,
    revision: Revision,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'Device' },
)
export type Device = Static<typeof Device>

export const NewDevice = exactly({
  device: Device,
  secret: Type.String({ description: 'shown here only' }),
  key: Type.String({ description: 'names the device to applications' }),
})

const tag = 'devices'
const unknown = ['device_unknown'] as const

export const deviceRoutes = {
  'GET /devices': route({
    id: 'findDevices',
    tag,
    summary: 'Devices: one by key, identifier or client id, else those of a product or vendor, by id',
    query: exactly({
      ...page,
      ...vendorFilter,
      product: Type.Optional(Id),
      tag: Type.Optional(Line),
      q: Type.Optional(Type.String({ maxLength: 256, description: 'part of name, serial, identifier or client id' })),
      key: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{64}$' })),
      identifier: Type.Optional(Line),
      client_id: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{1,14}$' })),
    }),
    answer: listOf(Device),
    can: 'devices.read',
  }),
  'POST /devices': route({
    id: 'addDevice',
    tag,
    summary: 'Add a device, also where the product is closed to registration',
    body: exactly({
      product: Id,
      code: Type.String({ minLength: 1, maxLength: 255, description: 'the serial' }),
      name: Type.Optional(Name),
      description: Type.Optional(Line),
      firmware: Type.Optional(Type.String({ maxLength: 128 })),
      tags: Type.Optional(Tags),
    }),
    answer: NewDevice,
    status: 201,
    can: 'devices.secret',
    audit: 'device.add',
    idempotent: true,
    errors: ['product_unknown', 'conflict'],
  }),
  'POST /products/{id}/virtual-devices': route({
    id: 'addVirtualDevices',
    tag,
    summary: 'Devices for a program or page that plays them: added and logged in, each with its token',
    description: 'They are devices as any other. A page of the same address connects them by MQTT over WebSocket, path /mqtt.',
    params: byId,
    body: exactly({ count: Type.Integer({ minimum: 1, maximum: 100 }) }),
    answer: exactly({ items: Type.Array(exactly({ id: Id, code: Text, identifier: Text, client_id: Text, token: Text })) }),
    status: 201,
    can: 'devices.secret',
    audit: 'device.add',
    idempotent: true,
    errors: ['product_unknown'],
  }),
  'GET /devices/{id}': route({
    id: 'getDevice',
    tag,
    summary: 'One device',
    params: byId,
    answer: Device,
    can: 'devices.read',
    revision: true,
    errors: unknown,
  }),
  'PATCH /devices/{id}': route({
    id: 'editDevice',
    tag,
    summary: 'Name, describe, tag',
    params: byId,
    body: exactly({ name: Type.Optional(Name), description: Type.Optional(Line), tags: Type.Optional(Tags) }),
    answer: Device,
    can: 'devices.write',
    audit: 'device.edit',
    revision: true,
    errors: unknown,
  }),
  'DELETE /devices/{id}': route({
    id: 'removeDevice',
    tag,
    summary: 'Remove a device with all that is its own; its session ends',
    params: byId,
    can: 'devices.secret',
    audit: 'device.remove',
    revision: true,
    errors: unknown,
  }),
  'POST /devices/{id}/secret': route({
    id: 'rotateSecret',
    tag,
    summary: 'A new secret, shown here only; the old one and the token die at once',
    params: byId,
    answer: exactly({ secret: Text }),
    can: 'devices.secret',
    audit: 'device.rotate_secret',
    revision: true,
    idempotent: true,
    errors: unknown,
  }),
  'POST /devices/{id}/actions': route({
    id: 'actOnDevice',
    tag,
    summary: 'Mend a connection',
    description:
      '`disconnect` ends the session. `accept-token`: the token that the last login replaced is good again, the newer one is not. `permit-registration`: a device of a product with registration `once` may fetch its secret again, once. `revoke-token`: it must log in again. `block-address`: nobody connects or logs in from the address of its connection, or of its last refusal, for `for_s` (an hour unless told); its session ends; over restarts, and at every access node within a second. `allow-address`: that address is let in again.',
    params: byId,
    body: exactly({
      action: Type.Enum(['disconnect', 'accept-token', 'permit-registration', 'revoke-token', 'block-address', 'allow-address']),
      for_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 30 * 86_400, description: 'only with `block-address`' })),
    }),
    answer: exactly({
      done: Type.Boolean(),
      closed: Type.Integer({ description: 'sessions that ended' }),
      address: Type.Optional(Type.String({ description: 'that was shut out or let in' })),
      until: Type.Optional(Time),
    }),
    can: 'devices.write',
    audit: [
      'device.disconnect',
      'device.accept_token',
      'device.edit',
      'device.revoke_token',
      'device.block_address',
      'device.allow_address',
    ],
    idempotent: true,
    errors: [...unknown, 'not_found', 'conflict'],
  }),
}

const Judgement = exactly({
  code: Type.String({ description: 'online, refused, offline, flapping, logged_in, registered, nothing' }),
  params: Params,
  since: Time,
  sure: Type.Boolean(),
  actions: Type.Array(Text, { description: 'actions that mend it' }),
  similar: Type.Integer({ description: 'other devices that are turned away or gone for the same cause' }),
})

export const DiaryItem = exactly({
  at: Time,
  until: Type.Optional(Type.Number({ description: 'of the oldest of those that were folded' })),
  count: Type.Integer(),
  kind: Text,
  side: Type.Optional(Text),
  code: Type.Optional(Text),
  params: Params,
})

export const diaryRoutes = {
  'GET /devices/{id}/diary': route({
    id: 'getDiary',
    tag,
    summary: 'Why is it offline? One judgement, and what it stands on, newest first',
    params: byId,
    query: exactly({
      kind: Type.Optional(Type.Enum(['online', 'offline', 'diary'])),
      from: Type.Optional(Time),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    answer: exactly({
      answer: Judgement,
      presence: Type.Array(exactly({ from: Time, to: Time, state: Type.Enum(['online', 'offline', 'unknown']) })),
      stats: exactly(
        {
          online_share: Type.Number({ description: 'of the time of which it is known' }),
          connects: Type.Integer(),
          ends: Type.Integer(),
          refusals: Type.Integer(),
          longest_online: Type.Number({ description: 'ms' }),
          longest_offline: Type.Number({ description: 'ms' }),
        },
        { description: 'of the last seven days, as far as they are known' },
      ),
      items: Type.Array(DiaryItem),
    }),
    can: 'devices.read',
    errors: unknown,
  }),
}

const Value = exactly({ v: Type.Unknown(), at: Time })

export const valueRoutes = {
  'GET /devices/{id}/values': route({
    id: 'getValues',
    tag: 'values',
    summary: 'Last known values, each with the time of its arrival',
    description: '64-bit integers are decimal strings, octets base64.',
    params: byId,
    answer: Type.Record(Type.String(), Type.Record(Type.String(), Value)),
    can: 'devices.read',
    errors: unknown,
  }),
  'POST /devices/{id}/values/ask': route({
    id: 'askValues',
    tag: 'values',
    summary: 'Asks the device to report now; waits 5 s at most',
    params: byId,
    answer: Type.Record(Type.String(), Type.Record(Type.String(), Value)),
    can: 'devices.command',
    audit: 'device.ask',
    errors: [...unknown, 'device_offline', 'device_timeout'],
  }),
}
