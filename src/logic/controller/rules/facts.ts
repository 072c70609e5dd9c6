/** What records and the current status say, under the names of a model, as CEL takes it: integers are bigint. */
import { causeOf } from '#contracts/causes.ts'
import type { RuleTrigger } from '#contracts/controller.ts'
import { at as field, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import { decodeEvent, eachProperty } from '#protocol/frames.ts'
import { eventOf, type Model, type ModelParam, objectOf } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import type { Facts, Fields, Names } from './cel.ts'

export type Occasion = 'event' | 'status' | 'online' | 'offline' | 'timer'

const occasions: Readonly<Record<number, Occasion>> = {
  [recordKind.event]: 'event',
  [recordKind.status]: 'status',
  [recordKind.online]: 'online',
  [recordKind.offline]: 'offline',
}
export const occasionOf = (kind: number): Occasion | undefined => occasions[kind]

/** What a record says. */
export interface Said {
  occasion: Occasion
  /** name of the event */
  name: string
  event: Facts['event']
  status: Facts['status']
}

const before = new Date(0)

/** For conditions; a Date costs as much as half a condition, so only where one looks at it. */
export const nowFor = ({ usesNow }: { usesNow: boolean }, time: number): Date => (usesNow ? new Date(time) : before)

const celType = (valueType: number): string =>
  valueType <= 2 ? 'double' : valueType <= 10 ? 'int' : valueType === 13 ? 'bool' : 'string'

const celValue = (type: number, value: Value): unknown => {
  if (typeof value === 'number') return type > 2 ? BigInt(value) : value
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

const fieldsOf = (params: readonly ModelParam[]): Fields =>
  Object.fromEntries(params.map((p, i) => [p.name || `#${i + 1}`, celType(p.valueType)]))

/** The names that a condition may use. */
export function namesOf(model: Model | undefined, on: RuleTrigger): Names {
  const event = on.kind === 'event' && model ? eventOf(model, on.name) : undefined
  const labels = model ? [...model.objectIndex.byName.values()] : []
  return {
    event: on.kind === 'offline' ? { cause: 'string' } : fieldsOf(event?.params ?? []),
    status: Object.fromEntries(labels.map((o) => [o.label, fieldsOf(o.status)])),
  }
}

function named(params: readonly ModelParam[], types: readonly number[], values: readonly Value[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (let i = 0; i < values.length; i++) found[params[i]?.name || `#${i + 1}`] = celValue(types[i]!, values[i]!)
  return found
}

const none = {}

/** The event or status frame b[from, to); undefined: it says nothing that the model knows. */
export function saidInFrame(
  occasion: 'event' | 'status',
  b: Uint8Array,
  from: number,
  to: number,
  model: Model,
): Said | undefined {
  if (occasion === 'event') {
    const e = decodeEvent(b, from, to)
    const known = eventOf(model, e.no)
    return known && { occasion, name: known.name, event: named(known.params, e.types, e.values), status: none }
  }
  const status: Record<string, Record<string, unknown>> = {}
  eachProperty(b, from, to, (object, types, values) => addProperty(status, model, object, types, values))
  return { occasion, name: '', event: none, status }
}

export function addProperty(
  into: Record<string, Record<string, unknown>>,
  model: Model,
  object: number,
  types: readonly number[],
  values: readonly Value[],
): void {
  const known = objectOf(model, object)
  if (known) into[known.label] = named(known.status, types, values)
}

/** What online and offline records say. */
export const saidOfConnection = (occasion: 'online' | 'offline', reason: number): Said => ({
  occasion,
  name: '',
  event: occasion === 'offline' ? { cause: causeOf(reason) } : none,
  status: none,
})

/** The record at b[p, p + size). undefined also for what cannot be decoded. */
export function saidBy(b: Buffer, p: number, size: number, model: Model): Said | undefined {
  const occasion = occasionOf(b[p + field.kind]!)
  if (occasion === undefined || occasion === 'timer') return undefined
  if (occasion === 'online' || occasion === 'offline') return saidOfConnection(occasion, b[p + field.reason]!)
  try {
    return saidInFrame(occasion, b, p + RECORD_HEADER, p + size, model)
  } catch {
    return undefined
  }
}
