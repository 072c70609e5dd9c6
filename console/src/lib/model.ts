/** A product's model as pages need it: what it names, and the hints that people gave. */
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { type Model, type ModelCall, type ModelParam, parseModel } from '#protocol/model.ts'
import { tlvType } from '#protocol/tlv.ts'
import { FIRST_UNIVERSAL } from '#protocol/universal.ts'
import { useGet } from './api.ts'
import type { Lang } from './lang.ts'

export interface Param {
  name: string
  type: number
  typeName: string
  unit?: string
  title?: Record<string, string>
  min?: number
  max?: number
  decimals?: number
  enum?: unknown
}
export interface ObjectOf {
  no: number
  label: string
  title?: Record<string, string>
  values: Param[]
}
export interface CallOf {
  no: number
  name: string
  title?: Record<string, string>
  params: Param[]
}
export interface Known {
  objects: ObjectOf[]
  commands: CallOf[]
  events: CallOf[]
}

type Hints = Record<string, unknown>
const list = (of: unknown, key: string): Hints[] => {
  const found = (of as Hints | null | undefined)?.[key]
  return Array.isArray(found) ? (found as Hints[]) : []
}

function paramOf(p: ModelParam, hints: Hints | undefined): Param {
  const text = (key: string) => (typeof hints?.[key] === 'string' && hints[key] !== '' ? { [key]: hints[key] } : {})
  const number = (key: string) => (typeof hints?.[key] === 'number' ? { [key]: hints[key] } : {})
  return {
    name: p.name,
    type: p.valueType,
    typeName: tlvType(p.valueType)?.name ?? String(p.valueType),
    ...text('unit'),
    ...titleOf(hints),
    ...number('min'),
    ...number('max'),
    ...number('decimals'),
    ...(hints?.['enum'] !== undefined && { enum: hints['enum'] }),
  }
}

const titleOf = (hints: Hints | undefined): { title?: Record<string, string> } =>
  typeof hints?.['title'] === 'object' && hints['title'] !== null ? { title: hints['title'] as Record<string, string> } : {}

const own = (calls: readonly ModelCall[], hints: Hints[]): CallOf[] =>
  calls
    .filter((c) => c.no < FIRST_UNIVERSAL)
    .map((c, i) => ({
      no: c.no,
      name: c.name,
      ...titleOf(hints[i]),
      params: c.params.map((p, j) => paramOf(p, list(hints[i], 'params')[j])),
    }))

export function knownOf(json: unknown): Known {
  const model: Model = parseModel(JSON.stringify(json))
  const [objects, commands, events] = [list(json, 'objects'), list(json, 'commands'), list(json, 'events')]
  return {
    objects: model.objects.map((o, i) => ({
      no: o.no,
      label: o.label,
      ...titleOf(objects[i]),
      values: o.status.map((p, j) => paramOf(p, list(objects[i], 'status')[j])),
    })),
    commands: own(model.commands, commands),
    events: own(model.events, events),
  }
}

/** The hint in the reader's language, else the name in the model. */
export const titleIn = (lang: Lang, of: { title?: Record<string, string> }, name: string): string => of.title?.[lang] || name

/** As published in that version; no model while it is read, or is not to be read. `asked`: how the reading stands. */
export function useModel(product: number | undefined, version: number | undefined) {
  const asked = useGet(
    'GET /products/{id}/models/{version}',
    { params: { id: product ?? 0, version: version || 1 } },
    { enabled: product !== undefined && !!version },
  )
  return { model: asked.data && readOnce(asked.data), asked }
}

/** What can't be read as a model is none. */
function readOnce(data: AdminAnswer<'GET /products/{id}/models/{version}'>): Known | undefined {
  const kept = known.get(data.model as object)
  if (kept) return kept
  try {
    const made = knownOf(data.model)
    known.set(data.model as object, made)
    return made
  } catch {
    return undefined
  }
}
const known = new WeakMap<object, Known>()
