/**
 * Codecs: how devices of a product that do not speak Pando's frames are understood. A product configuration names one (`"codec": "senml"`);
 * its frames are kept as they came and translated where their values are needed, so that everything behind knows one form.
 */
import { ProtocolError } from './errors.ts'
import {
  type CommandFrame,
  decodeCommand,
  decodeEvent,
  decodeStatus,
  encodeCommand,
  encodeEvent,
  encodeStatus,
  type NewProperty,
  type NewStatus,
  type Property,
  type StatusFrame,
} from './frames.ts'
import { commandOf, eventOf, type Model, type ModelParam, type NewCommand, objectOf } from './model.ts'
import { type TlvType, tlvType, type Value } from './tlv.ts'
import { type Place, valueFromJson } from './values.ts'

export type FrameKind = 'status' | 'event'

/**
 * What a frame says, by the names of the product's model: `status` of a status frame, `event` of an event frame. All values of an object or
 * event, in the model's order; octets as Uint8Array or as text taken literally.
 */
export interface Report {
  /** ms since 1970 by the device's clock, where it has one */
  timestamp?: number
  status?: Readonly<Record<string, readonly Value[]>>
  event?: { name: string; values: readonly Value[] }
}

/** What a device is told: values to set, or a command. Checked against the model already; `types[i]` is the TLV type of `values[i]`. */
export type Command =
  | { kind: 'status'; timestamp: number; objects: readonly (NewProperty & { label: string })[] }
  | ({ kind: 'command'; timestamp: number } & NewCommand)

export interface Codec {
  /** Octets of a device → what they say. Anything thrown means that the frame cannot be read. */
  decode(frame: Uint8Array, model: Model, kind: FrameKind): Report
  /** Anything thrown refuses the command; its message is what the application reads. */
  encode(command: Command, model: Model): Uint8Array
}

export type Codecs = ReadonlyMap<string, Codec>

/** The codec of products that name none. */
export const PANDO_CODEC = 'pando'

/** Products whose frames are not Pando's own. */
export const isForeign = (codec: string | undefined): codec is string => codec !== undefined && codec !== PANDO_CODEC

const named = (properties: readonly Property[], model: Model): Record<string, readonly Value[]> => {
  const status: Record<string, readonly Value[]> = Object.create(null)
  for (const p of properties) {
    const object = objectOf(model, p.object)
    if (object) status[object.label] = p.values
  }
  return status
}

/** Pando's own frames (frames.ts) as a codec like any other. */
export const pandoCodec: Codec = {
  decode(frame, model, kind) {
    if (kind === 'status') {
      const { timestamp, properties } = decodeStatus(frame)
      return { timestamp, status: named(properties, model) }
    }
    const { timestamp, no, values } = decodeEvent(frame)
    return { timestamp, event: { name: eventOf(model, no)?.name ?? '', values } }
  },
  encode: (c) =>
    c.kind === 'status' ? encodeStatus({ timestamp: c.timestamp, properties: c.objects } satisfies NewStatus) : encodeCommand(c),
}

export const builtInCodecs: Codecs = new Map([[PANDO_CODEC, pandoCodec]])

const codecOf = (codecs: Codecs, model: Model): Codec => {
  const name = model.codec ?? PANDO_CODEC
  const found = codecs.get(name)
  if (found === undefined) throw new ProtocolError('codec_unknown', { codec: name }, undefined, `the codec ${name} is not loaded`)
  return found
}

/** What a plugin's code throws, as an error of ours that says whose it is. */
const guarded = <T>(model: Model, code: 'codec_failed' | 'codec_refused', work: () => T): T => {
  try {
    return work()
  } catch (e) {
    if (e instanceof ProtocolError) throw e
    const why = e instanceof Error ? e.message : String(e)
    throw new ProtocolError(code, { codec: model.codec }, undefined, `the codec ${model.codec}: ${why}`)
  }
}

const cast = (type: number, value: unknown, place: Place): Value => {
  const row: TlvType | undefined = tlvType(type)
  return row?.name === 'bytes' && value instanceof Uint8Array ? value : valueFromJson(type, value, place)
}

const castAll = (
  label: string,
  params: readonly ModelParam[],
  values: readonly Value[],
): { values: Value[]; types: number[] } => {
  if (!Array.isArray(values) || values.length !== params.length) {
    const detail = `${label} takes ${params.length} values, the codec reports ${Array.isArray(values) ? values.length : typeof values}`
    throw new ProtocolError('wrong_count', { label, expected: params.length }, undefined, detail)
  }
  return {
    values: params.map((p, i) => cast(p.valueType, values[i], { label, position: i + 1, name: p.name })),
    types: params.map((p) => p.valueType),
  }
}

const unknown = (code: 'object_unknown' | 'command_unknown', label: string): ProtocolError =>
  new ProtocolError(code, { label }, undefined, `nothing of the product is called ${JSON.stringify(label)}`)

const statusFrame = (model: Model, { timestamp = 0, status = {} }: Report): Uint8Array => {
  const properties = Object.entries(status).map(([label, values]) => {
    const object = objectOf(model, label)
    if (object === undefined) throw unknown('object_unknown', label)
    return { subDevice: object.part, object: object.no, ...castAll(label, object.status, values) }
  })
  return encodeStatus({ timestamp, properties })
}

const eventFrame = (model: Model, { timestamp = 0, event }: Report): Uint8Array => {
  const found = event && eventOf(model, event.name)
  if (!found) throw unknown('command_unknown', event?.name ?? '')
  const { part: subDevice, no, priority, name } = found
  return encodeEvent({ timestamp, subDevice, no, priority, ...castAll(name, found.params, event.values) })
}

/** What a device said by the names of its model → Pando's frame. Errors: those of names and values that do not fit the model. */
export const reportFrame = (model: Model, kind: FrameKind, report: Report): Uint8Array =>
  kind === 'status' ? statusFrame(model, report) : eventFrame(model, report)

/**
 * A foreign frame → the Pando frame that says the same. Errors: `codec_unknown` (its plugin is not loaded), `codec_failed`, and those of
 * values that do not fit the model.
 */
export const nativeFrame = (codecs: Codecs, model: Model, kind: FrameKind, frame: Uint8Array): Uint8Array =>
  guarded(model, 'codec_failed', () => reportFrame(model, kind, codecOf(codecs, model).decode(frame, model, kind)))

/** A command → the octets for the device. Errors: `codec_unknown`, `codec_refused`. */
export const encodeFor = (codecs: Codecs, model: Model, command: Command): Uint8Array =>
  guarded(model, 'codec_refused', () => codecOf(codecs, model).encode(command, model))

/** A Pando frame → the octets for a device of the product. Errors: those of the frame, `codec_unknown`, `codec_refused`. */
export const foreignFrame = (codecs: Codecs, model: Model, kind: Command['kind'], frame: Uint8Array): Uint8Array =>
  encodeFor(codecs, model, kind === 'status' ? statusOf(model, decodeStatus(frame)) : commandOfFrame(model, decodeCommand(frame)))

const statusOf = (model: Model, { timestamp, properties }: StatusFrame): Command => ({
  kind: 'status',
  timestamp,
  objects: properties.map((p) => ({ ...p, label: objectOf(model, p.object)?.label ?? '' })),
})

const commandOfFrame = (model: Model, { timestamp, no, subDevice, priority, values, types }: CommandFrame): Command => {
  const name = commandOf(model, no)?.name ?? ''
  return { kind: 'command', timestamp, name, no, subDevice, priority, values, types }
}
