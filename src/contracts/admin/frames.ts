import { type Static, Type } from 'typebox'
import { exactly, Id, Line, Params, Text, Time, vendorFilter } from './common.ts'
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

const FrameKind = Type.Enum(['status', 'event', 'undecodable', 'command'])

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
    discarded: Type.Boolean({ description: 'it is not read again' }),
  },
  { title: 'QuarantinedFrame' },
)
export type Quarantined = Static<typeof Quarantined>

const frame = {
  id: Type.String({ description: 'as `GET /frames/{id}` takes it; good for as long as history has the frame' }),
  device: Id,
  product: Type.Integer(),
  at: Time,
  dir: Type.Enum(['up', 'down']),
  kind: FrameKind,
  topic: Text,
  model: Type.Integer({ description: 'the model version of its time' }),
  state: Type.Enum(['ok', 'unknown', 'undecodable'], {
    description: '`unknown`: it has numbers that the model of its time does not know',
  }),
  reason: Type.Optional(Text),
  names: Type.Array(Text, { description: 'labels of its objects, or the name of its event or command' }),
  command: Type.Optional(Type.String({ description: 'of a command, as `GET /commands/{id}` takes it' })),
  redecoded: Type.Optional(Type.Boolean({ description: 'it was quarantined and has been read again' })),
  bytes: Type.Integer(),
}
export const FrameRow = exactly(
  { ...frame, data: Type.String({ description: 'base64; the token is zeroed' }) },
  { title: 'FrameRow' },
)
export type FrameRow = Static<typeof FrameRow>

const span = { from: Type.Optional(Time), to: Type.Optional(Time) }
const tag = 'frames'

export const frameRoutes = {
  'GET /frames': route({
    id: 'listFrames',
    tag,
    summary: 'Frames of the past, newest first: of a device from its history, of many from the log, for as long as each is kept',
    description: 'A page may be short and have a `next`. Live: topic `frames` of the console stream.',
    query: exactly({
      device: Type.Optional(Id),
      product: Type.Optional(Id),
      ...vendorFilter,
      dir: Type.Optional(Type.Enum(['up', 'down'])),
      kind: Type.Optional(FrameKind),
      quarantine: Type.Optional(Type.Boolean({ description: 'only what could not be read when it came, or not all of it' })),
      name: Type.Optional(
        Type.String({ minLength: 1, maxLength: 256, description: 'label of an object, name of an event or command' }),
      ),
      ...span,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: exactly({ items: Type.Array(FrameRow), next: Type.Optional(Text) }),
    can: 'frames.read',
    errors: ['device_unknown', 'product_unknown', 'vendor_unknown'],
  }),
  'GET /frames/{id}': route({
    id: 'getFrame',
    tag,
    summary: 'A frame octet by octet, read by the model of its time or by another version',
    params: exactly({ id: Line }),
    query: exactly({ model: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })) }),
    answer: exactly({ frame: FrameRow, decoded: Decoded }),
    can: 'frames.read',
    errors: ['not_found'],
  }),
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
  'POST /quarantine/discard': route({
    id: 'discardQuarantine',
    tag,
    summary: 'Quarantined frames of a product that nobody needs: they stay where they are and are not read again',
    description: 'Cannot be undone. Go on with `cursor` = `next` until there is none.',
    query: exactly({ dry_run: Type.Optional(Type.Boolean({ description: 'only count' })) }),
    body: exactly({
      product: Id,
      device: Type.Optional(Id),
      ...span,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
      cursor: Type.Optional(Type.String({ maxLength: 256 })),
    }),
    answer: exactly({ discards: Type.Integer(), done: Type.Integer(), next: Type.Optional(Text) }),
    can: 'frames.write',
    audit: 'quarantine.discard',
    idempotent: true,
    errors: ['product_unknown', 'device_unknown'],
  }),
}
