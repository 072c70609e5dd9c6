import { type ProtocolCode, ProtocolError } from './errors.ts'
import type { EventFrame, Property, StatusFrame } from './frames.ts'
import { goText } from './gotext.ts'
import { parseExact } from './json.ts'
import type { Index, Model, ModelCall, ModelObject, ModelParam } from './modelparse.ts'
import type { Value } from './tlv.ts'
import { type JsonValue, valueFromJson, valueToJson } from './values.ts'

export { type Model, type ModelCall, type ModelObject, type ModelParam, modelJson, parseModel } from './modelparse.ts'
export type { JsonValue } from './values.ts'

const find = <T>(index: Index<T>, key: number | string): T | undefined =>
  typeof key === 'number' ? index.byNo.get(key) : index.byName.get(key)

/** The object of a number or a label (exact). */
export const objectOf = (model: Model, key: number | string): ModelObject | undefined => find(model.objectIndex, key)

/** The command of a number or a name (exact), the platform's own included. */
export const commandOf = (model: Model, key: number | string): ModelCall | undefined => find(model.commandIndex, key)

/** The event of a number or a name (exact), the platform's own included. */
export const eventOf = (model: Model, key: number | string): ModelCall | undefined => find(model.eventIndex, key)

const jsonList = (types: readonly number[], values: readonly Value[]): JsonValue[] => {
  const list: JsonValue[] = []
  for (let i = 0; i < values.length; i++) list.push(valueToJson(types[i]!, values[i]!))
  return list
}

/** `data` has no prototype, so any label is harmless as a key. `unknown`: numbers of objects that the model doesn't have. */
export type StatusJson = { data: Record<string, JsonValue[]>; unknown: number[] }

/**
 * Status → `{label: [v, …]}`, ready for `stringifyExact`. Objects are matched by number only and the types are those of the frame; an
 * object that comes twice: the last counts (test/vectors/productconfig.json).
 */
export const statusToJson = (model: Model, frame: Pick<StatusFrame, 'properties'>): StatusJson => {
  const data: Record<string, JsonValue[]> = Object.create(null)
  const unknown: number[] = []
  for (const p of frame.properties) {
    const object = model.objectIndex.byNo.get(p.object)
    if (object === undefined) unknown.push(p.object)
    else data[object.label] = jsonList(p.types, p.values)
  }
  return { data, unknown }
}

/** Event → its name ('' if neither the model nor the platform knows its number, as in the old webhooks) and its values. */
export const eventToJson = (
  model: Model,
  frame: Pick<EventFrame, 'no' | 'types' | 'values'>,
): { name: string; values: JsonValue[] } => ({
  name: model.eventIndex.byNo.get(frame.no)?.name ?? '',
  values: jsonList(frame.types, frame.values),
})

type Form = { kind: 'status' | 'command'; countText: string }
const statusForm: Form = { kind: 'status', countText: 'wrong status parameters.' }
const commandForm: Form = { kind: 'command', countText: 'wrong parameters.' }

const entriesOf = (json: unknown, form: Form): [string, unknown][] => {
  const parsed = typeof json === 'string' ? parseExact(json) : json
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return Object.entries(parsed)
  const got = goText(parsed)
  throw new ProtocolError(
    'wrong_format',
    { got },
    `${form.kind} format error: expected a JSON object {"name": [value, …]}, got ${got}`,
  )
}

const unknownName = (code: ProtocolCode & ('object_unknown' | 'command_unknown'), label: string): ProtocolError =>
  new ProtocolError(
    code,
    { label },
    undefined,
    `no ${code === 'object_unknown' ? 'object' : 'command'} is called ${JSON.stringify(label)}`,
  )

const valuesOf = (
  label: string,
  json: unknown,
  params: readonly ModelParam[],
  form: Form,
): { values: Value[]; types: number[] } => {
  if (!Array.isArray(json)) {
    const got = goText(json)
    const detail = `${label} takes an array of ${params.length} values, got ${got}`
    throw new ProtocolError('wrong_format', { label, got }, `${form.kind} format error: ${got}`, detail)
  }
  if (json.length !== params.length) {
    const expected = params.map((p) => p.name)
    const detail = `${label} takes ${params.length} values (${expected.join(', ')}), got ${json.length}`
    throw new ProtocolError(
      'wrong_count',
      { label, expected: params.length, names: expected, got: json.length },
      form.countText,
      detail,
    )
  }
  return {
    values: params.map((p, i) => valueFromJson(p.valueType, json[i], { label, position: i + 1, name: p.name })),
    types: params.map((p) => p.valueType),
  }
}

/**
 * `{label: [v, …]}` (text, or parsed by `parseExact`) → properties for `encodeStatus`, sub-device = the object's part. All or nothing. Errors
 * (docs/application-api.md §1): `status_empty`, `wrong_format`, `object_unknown`, `wrong_count`, `value_…`, and those of `parseExact`.
 */
export const statusFromJson = (model: Model, json: unknown): Property[] => {
  const entries = entriesOf(json, statusForm)
  if (entries.length === 0) throw new ProtocolError('status_empty')
  return entries.map(([label, list]) => {
    const object = objectOf(model, label)
    if (object === undefined) throw unknownName('object_unknown', label)
    const { values, types } = valuesOf(label, list, object.status, statusForm)
    return { subDevice: object.part, object: object.no, count: values.length, values, types }
  })
}

/** A command ready for `encodeCommand`. */
export type NewCommand = { name: string; subDevice: number; no: number; priority: number; values: Value[]; types: number[] }

/**
 * `{command: [v, …]}` (text, or parsed by `parseExact`) → the one command, with part and priority of the model. Errors (docs/application-api.md §1):
 * `command_not_one`, `wrong_format`, `command_unknown`, `wrong_count`, `value_…`, and those of `parseExact`.
 */
export const commandFromJson = (model: Model, json: unknown): NewCommand => {
  const entries = entriesOf(json, commandForm)
  if (entries.length !== 1) throw new ProtocolError('command_not_one', { got: entries.length })
  const [name, list] = entries[0]!
  const command = commandOf(model, name)
  if (command === undefined) throw unknownName('command_unknown', name)
  return {
    name,
    subDevice: command.part,
    no: command.no,
    priority: command.priority,
    ...valuesOf(name, list, command.params, commandForm),
  }
}
