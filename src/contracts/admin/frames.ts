import { type Static, Type } from 'typebox'
import { exactly, Id, Params, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Field = exactly({
  at: Type.Integer({ description: 'octet at which it begins' }),
  len: Type.Integer(),
  path: Text,
  type: Text,
  value: Type.Unknown({ description: '64-bit integers are decimal strings, octets base64' }),
  known: Type.Boolean({ description: 'the model has it' }),
})
export type Field = Static<typeof Field>

export const Decoded = exactly(
  {
    hex: Text,
    kind: Type.Enum(['status', 'event', 'command']),
    fields: Type.Array(Field),
    json: Type.Unknown(),
    ok: Type.Boolean(),
    reason: Type.Optional(exactly({ code: Text, offset: Type.Integer(), params: Params })),
  },
  { title: 'DecodedFrame' },
)
export type Decoded = Static<typeof Decoded>

export const Quarantined = exactly(
  {
    id: Text,
    device: Id,
    product: Id,
    at: Time,
    kind: Type.Enum(['undecodable', 'unknown']),
    topic: Text,
    reason: Text,
    offset: Type.Integer(),
    numbers: Type.Array(Type.Integer()),
    model: Type.Integer(),
    bytes: Type.String({ description: 'base64; the token is zeroed' }),
    redecoded: Type.Boolean(),
  },
  { title: 'QuarantinedFrame' },
)
export type Quarantined = Static<typeof Quarantined>

const span = { from: Type.Optional(Time), to: Type.Optional(Time) }
const tag = 'frames'

export const frameRoutes = {
  'POST /frames/decode': route({
    id: 'decodeFrame',
    tag,
    summary: 'Reads a frame octet by octet, against the model of a product if one is named',
    body: exactly({
      hex: Type.String({ maxLength: 262_144, pattern: '^[0-9a-fA-F\\s]*$' }),
      kind: Type.Optional(Type.Enum(['status', 'event', 'command'])),
      product: Type.Optional(Id),
      version: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    }),
    answer: Decoded,
    can: 'frames.read',
    errors: ['product_unknown', 'not_found'],
  }),
}

export const quarantineRoutes = {
  'GET /quarantine': route({
    id: 'listQuarantine',
    tag,
    summary: 'Frames that could not be read when they came, of a product or device, oldest first, device after device',
    query: exactly({
      product: Type.Optional(Id),
      device: Type.Optional(Id),
      ...span,
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 100_000, description: 'records that are looked at in this call' }),
      ),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: exactly({ items: Type.Array(Quarantined), next: Type.Optional(Text) }),
    can: 'frames.read',
    errors: ['product_unknown', 'device_unknown'],
  }),
  'POST /quarantine/redecode': route({
    id: 'redecodeQuarantine',
    tag,
    summary: 'Reads quarantined frames of a product with the model of today; what they say enters history at its old time',
    description: 'Go on with `cursor` = `next` until there is none.',
    query: exactly({ dry_run: Type.Optional(Type.Boolean({ description: 'only count' })) }),
    body: exactly({
      product: Id,
      device: Type.Optional(Id),
      ...span,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: exactly({ decodes: Type.Integer(), fails: Type.Integer(), done: Type.Integer(), next: Type.Optional(Text) }),
    can: 'frames.write',
    audit: 'quarantine.redecode',
    idempotent: true,
    errors: ['product_unknown', 'device_unknown'],
  }),
}
