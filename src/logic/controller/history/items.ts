/** Records of history as what they say, each by the model version that it was written with. */
import { causeOf } from '#contracts/causes.ts'
import type { HistoryItem, HistoryKind } from '#contracts/controller.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { HistoryRecord } from '#core/history/port.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { decodeEvent, decodeStatus } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { eventOf, eventToJson, type JsonValue, type Model, type ModelParam, objectOf, statusToJson } from '#protocol/model.ts'
import { frameReasons } from '#protocol/reasons.ts'

export const kindNumbers: Record<HistoryKind, number> = {
  status: recordKind.status,
  event: recordKind.event,
  online: recordKind.online,
  offline: recordKind.offline,
  diary: recordKind.diary,
  undecodable: recordKind.undecodable,
}

/** Not one that says only that a quarantined frame was discarded. */
export const isSaid = ({ kind, flags }: Pick<HistoryRecord, 'kind' | 'flags'>): boolean =>
  kind !== recordKind.undecodable || (flags & recordFlag.redecoded) === 0

const kindNames = new Map(Object.entries(kindNumbers).map(([name, no]) => [no, name as HistoryKind]))

/** `model`: that of the record; `named`: a status with its values by name too. */
export function itemOf(r: HistoryRecord, model: Model, named = false): HistoryItem {
  try {
    if (r.kind === recordKind.status) return { ...framed(r), ...status(r.data, model, named) }
    if (r.kind === recordKind.event) return { ...framed(r), ...event(r.data, model) }
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    return { kind: 'undecodable', at: r.time, reason: e.code }
  }
  const kind = kindNames.get(r.kind) ?? 'diary'
  if (kind === 'undecodable') return { kind, at: r.time, reason: frameReasons[r.reason] ?? frameReasons.at(-1)! }
  return { kind, at: r.time, ...(kind !== 'online' && { cause: causeOf(r.reason) }), params: paramsText(r.data) }
}

const framed = (r: HistoryRecord) => ({
  at: r.time,
  version: r.version,
  ...((r.flags & recordFlag.redecoded) !== 0 && { redecoded: true }),
})

const clock = (timestamp: number) => (timestamp > 0 && Number.isSafeInteger(timestamp) ? { deviceTime: timestamp } : {})

function status(data: Uint8Array, model: Model, named: boolean): Omit<HistoryItem, 'at'> {
  const frame = decodeStatus(data)
  const { data: values, unknown } = statusToJson(model, frame)
  const rest = { values: stringifyExact(values), ...(unknown.length > 0 && { unknown }) }
  const params = named && { params: stringifyExact(byName(model, values)) }
  return { kind: 'status', ...clock(frame.timestamp), ...rest, ...params }
}

function byName(model: Model, values: Record<string, JsonValue[]>): Record<string, Record<string, JsonValue>> {
  const all: Record<string, Record<string, JsonValue>> = Object.create(null)
  for (const [label, list] of Object.entries(values)) all[label] = namesOf(objectOf(model, label)?.status, list)
  return all
}

function namesOf(params: readonly ModelParam[] = [], list: readonly JsonValue[]): Record<string, JsonValue> {
  const named: Record<string, JsonValue> = Object.create(null)
  for (const [i, v] of list.entries()) named[params[i]?.name || `#${i + 1}`] = v
  return named
}

function event(data: Uint8Array, model: Model): Omit<HistoryItem, 'at'> {
  const frame = decodeEvent(data)
  const { name, values } = eventToJson(model, frame)
  const named = namesOf(eventOf(model, frame.no)?.params, values)
  const said = { values: stringifyExact(values), params: stringifyExact(named) }
  return { kind: 'event', ...clock(frame.timestamp), no: frame.no, name, ...said }
}

/** JSON of an object, whatever lies there. */
function paramsText(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  try {
    const parsed: unknown = JSON.parse(text || '{}')
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? text || '{}' : '{}'
  } catch {
    return '{}'
  }
}
