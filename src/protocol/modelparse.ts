import { ProtocolError } from './errors.ts'
import { parseExact, stringifyExact } from './json.ts'
import { shown } from './text.ts'
import {
  ALL_SUB_DEVICES,
  GATEWAY,
  UNIVERSAL_PRIORITY,
  type UniversalCall,
  universalCommand,
  universalCommands,
  universalEvents,
} from './universal.ts'

export type ModelParam = { valueType: number; name: string }
export type ModelObject = { no: number; label: string; part: number; status: readonly ModelParam[] }
export type ModelCall = { no: number; name: string; part: number; priority: number; params: readonly ModelParam[] }
/** A product configuration, and the indexes of it. Calls include the platform's own where the product has none of that number or name. */
export type Model = {
  objects: readonly ModelObject[]
  commands: readonly ModelCall[]
  events: readonly ModelCall[]
  /** How frames of its devices are read and written, if not as Pando's own (codec.ts). */
  codec?: string
  /** The JSON it was made of, keys that we don't know included. */
  source: unknown
  objectIndex: Index<ModelObject>
  commandIndex: Index<ModelCall>
  eventIndex: Index<ModelCall>
}
/** By number and by label or name; the first of two that are equal counts, as in the old cloud. */
export type Index<T> = { byNo: ReadonlyMap<number, T>; byName: ReadonlyMap<string, T> }

type Json = Record<string, unknown>

const wrong = (path: string, expected: string, got: unknown): ProtocolError =>
  new ProtocolError(
    'model_wrong_format',
    { path, expected, got: shown(got) },
    `wrong product configuration: ${path} must be ${expected}, got ${shown(got)}`,
  )

const asObject = (value: unknown, path: string): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object', value)
  return value as Json
}

/** The value of a key, spelled in any case as the old cloud's parser took it. */
const pick = (json: Json, key: string): unknown =>
  Object.hasOwn(json, key) ? json[key] : json[Object.keys(json).findLast((k) => k.toLowerCase() === key) ?? '']

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const integer = (json: Json, key: string, path: string, min: number, max: number): number => {
  const value = pick(json, key) ?? 0
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw wrong(below(path, key), `an integer ${min} to ${max}`, value)
  return value
}

const text = (json: Json, key: string, path: string): string => {
  const value = pick(json, key) ?? ''
  if (typeof value !== 'string') throw wrong(below(path, key), 'a string', value)
  return value
}

const list = <T>(json: Json, key: string, path: string, item: (json: Json, path: string) => T): T[] => {
  const value = pick(json, key) ?? []
  const at = below(path, key)
  if (!Array.isArray(value)) throw wrong(at, 'an array', value)
  return value.map((entry, i) => item(asObject(entry, `${at}[${i}]`), `${at}[${i}]`))
}

const U16 = 0xffff
const INT32 = 0x7fffffff

const param = (json: Json, path: string): ModelParam => ({
  valueType: integer(json, 'value_type', path, -INT32 - 1, INT32),
  name: text(json, 'name', path),
})

const object = (json: Json, path: string): ModelObject => ({
  no: integer(json, 'no', path, 0, U16),
  label: text(json, 'label', path),
  part: integer(json, 'part', path, 0, U16),
  status: list(json, 'status', path, param),
})

const call = (json: Json, path: string): ModelCall => ({
  no: integer(json, 'no', path, 0, U16),
  name: text(json, 'name', path),
  part: integer(json, 'part', path, 0, U16),
  priority: integer(json, 'priority', path, 0, U16),
  params: list(json, 'params', path, param),
})

const universal = (row: UniversalCall): ModelCall => ({
  no: row.no,
  name: row.name,
  part: row.no === universalCommand.reportStatus ? ALL_SUB_DEVICES : GATEWAY,
  priority: UNIVERSAL_PRIORITY,
  params: row.types.map((valueType, i) => ({ valueType, name: row.names[i]! })),
})

const index = <T extends { no: number }>(items: readonly T[], nameOf: (item: T) => string): Index<T> => {
  const byNo = new Map<number, T>()
  const byName = new Map<string, T>()
  for (const item of items) {
    if (!byNo.has(item.no)) byNo.set(item.no, item)
    if (!byName.has(nameOf(item))) byName.set(nameOf(item), item)
  }
  return { byNo, byName }
}

const nameOf = (item: ModelCall): string => item.name

/**
 * Product configuration (JSON text, or the value of it) → model. Lists may be missing or null, keys may be spelled in any case, numbers and
 * texts left out are 0 and '', value types that we don't know are accepted. Error: `model_wrong_format` naming the path, or one of `parseExact`.
 */
export const parseModel = (json: unknown): Model => {
  const source = typeof json === 'string' ? parseExact(json) : json
  const root = asObject(source, 'the configuration')
  const objects = list(root, 'objects', '', object)
  const commands = list(root, 'commands', '', call)
  const events = list(root, 'events', '', call)
  const codec = text(root, 'codec', '')
  return {
    objects,
    commands,
    events,
    ...(codec !== '' && { codec }),
    source,
    objectIndex: index(objects, (item) => item.label),
    commandIndex: index([...commands, ...universalCommands.map(universal)], nameOf),
    eventIndex: index([...events, ...universalEvents.map(universal)], nameOf),
  }
}

/** The configuration a model was made of, compact, with every key and digit. */
export const modelJson = (model: Model): string => stringifyExact(model.source)
