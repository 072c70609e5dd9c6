/** Where in a frame a value stands that a person names, in the model of today and in those of earlier records. */
import type { Place } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import { type Model, type ModelParam, objectOf } from '#protocol/model.ts'

export interface Named extends Place {
  label: string
  param: ModelParam
  unit?: string
}

const unknown = (field: string, message: string, possible: readonly string[]): PandoError =>
  new PandoError('invalid', message, { field, reason: 'name_unknown', possible })

/** `value`: its name or place; may be left out where there is one. `invalid` names `object` or `value`. */
export function namedPlace(model: Model, label: string, value: string | number | undefined): Named {
  const object = objectOf(model, label)
  if (!object) {
    const labels = model.objects.map((o) => o.label)
    throw unknown('object', `object: the model has ${listed(labels)}, not ${label}`, labels)
  }
  const names = object.status.map((p) => p.name)
  const position = positionOf(names, value)
  const param = object.status[position]
  if (!param)
    throw unknown('value', `value: ${label} has ${listed(names)}${value === undefined ? '; name one' : `, not ${value}`}`, names)
  const unit = unitOf(model, label, position)
  return { object: object.no, position, label, param, ...(unit !== undefined && { unit }) }
}

/** The same value in another version; null: that has none of this name. */
export function placeIn(model: Model, { label, param }: Named): Place | null {
  const object = objectOf(model, label)
  const position = object?.status.findIndex((p) => p.name === param.name) ?? -1
  return object && position >= 0 ? { object: object.no, position } : null
}

function positionOf(names: readonly string[], value: string | number | undefined): number {
  if (value === undefined) return names.length === 1 ? 0 : -1
  if (typeof value === 'number') return value
  const named = names.indexOf(value)
  return named < 0 && /^\d{1,5}$/.test(value) ? Number(value) : named
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

type Hinted = { objects?: { label?: unknown; status?: { unit?: unknown }[] }[] } | null

function unitOf(model: Model, label: string, position: number): string | undefined {
  const hinted = (model.source as Hinted)?.objects?.find((o) => o.label === label)?.status?.[position]?.unit
  return typeof hinted === 'string' && hinted !== '' ? hinted : undefined
}
