/** A frame as its fields, octet by octet, for people who look at packets: as far as it can be read, and why no further. */
import { CALL_HEADER, checkFrame, FRAME_HEADER, frameKind, frameTimestamp } from './frames.ts'
import { commandOf, eventOf, type Model, type ModelParam, objectOf } from './model.ts'
import { frameReasons, reason } from './reasons.ts'
import { isVariable, readValue, skipTlvs, tlvType, type Value, valueSize } from './tlv.ts'

export type FrameKind = keyof typeof frameKind

/** `at`, `len`: octets of the frame. `known`: the model has it; without a model nothing is. */
export type FrameField = { at: number; len: number; path: string; type: string; value: Value; known: boolean }

/** `reason`: a name of `frameReasons`, `ok` for a well-formed frame; `offset`: the octet at which reading stopped. */
export type FrameFields = { fields: FrameField[]; reason: string; offset: number }

const PROPERTY_HEADER = 6
const kinds: readonly FrameKind[] = ['status', 'event', 'command']

/** The kind of which it is well-formed; a status if of none. */
export const guessKind = (b: Uint8Array): FrameKind =>
  kinds.find((k) => checkFrame(frameKind[k], b, 0, b.length) === reason.ok) ?? 'status'

type Walk = { b: Uint8Array; fields: FrameField[]; model: Model | undefined }

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!

const put = (w: Walk, at: number, len: number, path: string, type: string, value: Value, known = true): void => {
  if (at + len <= w.b.length) w.fields.push({ at, len, path, type, value, known })
}

export const frameFields = (b: Uint8Array, kind: FrameKind, model?: Model): FrameFields => {
  const w: Walk = { b, fields: [], model }
  const why = checkFrame(frameKind[kind], b, 0, b.length)
  if (b.length >= 1) put(w, 0, 1, 'flags', 'uint8', b[0]!)
  if (b.length >= 9) put(w, 1, 8, 'timestamp', 'uint64', BigInt(frameTimestamp(b)))
  if (b.length >= FRAME_HEADER) put(w, 9, FRAME_HEADER - 9, 'token', 'bytes', b.slice(9, FRAME_HEADER))
  if (b.length < FRAME_HEADER) return { fields: w.fields, reason: frameReasons[why]!, offset: b.length }
  const offset = kind === 'status' ? status(w) : call(w, kind)
  return { fields: w.fields, reason: frameReasons[why]!, offset: why === reason.ok ? b.length : offset }
}

const status = (w: Walk): number => {
  const { b, model } = w
  let at = FRAME_HEADER
  for (let i = 0; at < b.length; i++) {
    if (at + PROPERTY_HEADER > b.length) return at
    const number = u16(b, at + 2)
    const object = model && objectOf(model, number)
    const path = object?.label ?? `objects[${i}]`
    put(w, at, 2, `${path}.sub_device`, 'uint16', u16(b, at))
    put(w, at + 2, 2, `${path}.object`, 'uint16', number, object !== undefined)
    put(w, at + 4, 2, `${path}.count`, 'uint16', u16(b, at + 4))
    const next = tlvs(w, at + PROPERTY_HEADER, u16(b, at + 4), path, object?.status)
    if (next.broken) return next.at
    at = next.at
  }
  return at
}

const call = (w: Walk, kind: FrameKind): number => {
  const { b, model } = w
  const named = ['sub_device', 'number', 'priority', 'count']
  const number = b.length >= FRAME_HEADER + 4 ? u16(b, FRAME_HEADER + 2) : 0
  const known = model && (kind === 'event' ? eventOf(model, number) : commandOf(model, number))
  const path = known?.name ?? kind
  for (const [i, name] of named.entries()) {
    const at = FRAME_HEADER + 2 * i
    if (at + 2 > b.length) return at
    put(w, at, 2, `${path}.${name}`, 'uint16', u16(b, at), name !== 'number' || known !== undefined)
  }
  // Events are read to their end whatever their count says.
  return tlvs(w, CALL_HEADER, kind === 'event' ? Number.POSITIVE_INFINITY : u16(b, CALL_HEADER - 2), path, known?.params).at
}

const tlvs = (
  w: Walk,
  from: number,
  count: number,
  path: string,
  params?: readonly ModelParam[],
): { at: number; broken: boolean } => {
  const { b } = w
  let at = from
  for (let i = 0; i < count && (at < b.length || count !== Number.POSITIVE_INFINITY); i++) {
    const next = skipTlvs(b, at, b.length, 1)
    if (next < 0) return { at, broken: true }
    const type = b[at + 1]!
    const start = at + (isVariable(valueSize(type)) ? 4 : 2)
    const param = params?.[i]
    const name = `${path}.${param?.name || i}`
    put(w, at, next - at, name, tlvType(type)!.name, readValue(type, b, start, next - start), param !== undefined)
    at = next
  }
  return { at, broken: false }
}
