/** A frame beside its fields and its JSON. */
import type { Decoded } from '#contracts/admin/frames.ts'
import { type FrameKind, frameFields, guessKind } from '#protocol/framefields.ts'
import { decodeCommand, decodeEvent, decodeStatus } from '#protocol/frames.ts'
import { commandOf, eventToJson, type JsonValue, type Model, parseModel, statusToJson } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import { valueToJson } from '#protocol/values.ts'

/** Without a model the platform's own commands and events are known still. */
const bare = parseModel({})

export function decoded(b: Buffer, asked: FrameKind | undefined, model: Model | undefined): Decoded {
  const kind = asked ?? guessKind(b)
  const { fields, reason, offset } = frameFields(b, kind, model)
  const ok = reason === 'ok'
  return {
    hex: b.toString('hex'),
    kind,
    fields: fields.map((f) => ({ ...f, value: shown(f.value) })),
    json: ok ? jsonOf(b, kind, model ?? bare) : null,
    ok,
    ...(!ok && { reason: { code: reason, offset, params: { length: b.length } } }),
  }
}

const shown = (v: Value): unknown => {
  if (typeof v === 'bigint') return String(v)
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64')
  return typeof v === 'number' && !Number.isFinite(v) ? null : v
}

const texts = (list: readonly JsonValue[]): unknown[] => list.map((v) => (typeof v === 'bigint' ? String(v) : v))

function jsonOf(b: Buffer, kind: FrameKind, model: Model): unknown {
  if (kind === 'status') {
    const { data } = statusToJson(model, decodeStatus(b))
    return Object.fromEntries(Object.entries(data).map(([label, list]) => [label, texts(list)]))
  }
  if (kind === 'event') {
    const { name, values } = eventToJson(model, decodeEvent(b))
    return { [name]: texts(values) }
  }
  const { no, types, values } = decodeCommand(b)
  return { [commandOf(model, no)?.name ?? '']: texts(values.map((v, i) => valueToJson(types[i]!, v))) }
}
