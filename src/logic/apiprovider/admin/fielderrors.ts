/** What of a value does not fit its schema, place by place: of alternatives only the one that was meant counts. */
import type { TSchema } from 'typebox'
import { Errors } from 'typebox/value'
import type { FieldError } from '#contracts/admin/problem.ts'
import { pointerPart } from './problem.ts'

/** Told at once; one wrong list may have thousands. */
const MAX_ERRORS = 20

interface Shape {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Shape[]
  items?: Shape
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  additionalProperties?: unknown
  required?: string[]
}

type Json = Record<string, unknown>

const ANYTHING: Shape = {}
/** How typebox writes that members of a record have any names: all of ours do. */
const ANY_NAME = '^.*$'

export function fieldErrors(schema: TSchema, value: unknown, place: string): FieldError[] {
  const out: FieldError[] = []
  collect(schema as Shape, value, place, out)
  return out.length > 0 ? out.slice(0, MAX_ERRORS) : [{ pointer: place, code: 'invalid', params: {} }]
}

function collect(schema: Shape, value: unknown, at: string, out: FieldError[]): void {
  if (out.length >= MAX_ERRORS) return
  if (schema.anyOf) return alternatives(schema.anyOf, value, at, out)
  if (isObject(value) && (schema.properties || schema.patternProperties)) return members(schema, value, at, out)
  if (Array.isArray(value) && schema.items) {
    own({ ...schema, items: ANYTHING }, value, at, out)
    for (const [i, item] of value.entries()) collect(schema.items, item, `${at}/${i}`, out)
    return
  }
  own(schema, value, at, out)
}

function members(schema: Shape, value: Json, at: string, out: FieldError[]): void {
  const { properties, patternProperties, additionalProperties, ...itself } = schema
  own({ ...itself, type: 'object' }, value, at, out)
  for (const [name, member] of Object.entries(value)) {
    if (out.length >= MAX_ERRORS) return
    const of = properties && Object.hasOwn(properties, name) ? properties[name] : patternProperties?.[ANY_NAME]
    if (of) collect(of, member, `${at}/${pointerPart(name)}`, out)
    else if (additionalProperties === false) out.push(...named(at, [name], 'unknown_field'))
  }
}

/** What is wrong with the value itself, whatever is in it. */
function own(schema: Shape, value: unknown, at: string, out: FieldError[]): void {
  for (const { keyword, params } of Errors(schema as TSchema, value)) {
    const p = params as Json
    if (keyword === 'required') out.push(...named(at, p['requiredProperties'], 'required'))
    else out.push({ pointer: at, code: keyword, params: p })
  }
}

/** Of alternatives: only that counts which the value points to, by the member that tells them apart or by its JSON type. */
function alternatives(branches: readonly Shape[], value: unknown, at: string, out: FieldError[]): void {
  if (branches.every((b) => 'const' in b)) return own({ enum: branches.map((b) => b.const) }, value, at, out)
  const name = isObject(value) ? tellingName(branches) : undefined
  if (name !== undefined) {
    const known = branches.map((b) => b.properties![name]!.const)
    const chosen = branches[known.indexOf((value as Json)[name])]
    if (chosen) return collect(chosen, value, at, out)
    return members({ type: 'object', required: [name], properties: { [name]: { enum: known } } }, value as Json, at, out)
  }
  const fitting = branches.filter((b) => b.type === undefined || b.type === typeNameOf(value, b.type))
  if (fitting.length === 1) return collect(fitting[0]!, value, at, out)
  const types = [...new Set(branches.map((b) => b.type))]
  const told = { code: 'type', params: { type: types.length === 1 ? types[0] : types } }
  out.push({ pointer: at, code: 'anyOf', params: {}, ...(fitting.length === 0 && told) })
}

/** `kind` of `{kind: 'a', …} | {kind: 'b', …}` */
function tellingName(branches: readonly Shape[]): string | undefined {
  const names = Object.keys(branches[0]?.properties ?? {})
  return names.find((name) => branches.every((b) => 'const' in (b.properties?.[name] ?? ANYTHING)))
}

/** Of numbers the name that is asked for. */
function typeNameOf(value: unknown, asked: string): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint') return asked === 'integer' ? 'integer' : 'number'
  return typeof value
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const named = (at: string, names: unknown, code: string): FieldError[] =>
  (names as string[]).slice(0, MAX_ERRORS).map((name) => ({ pointer: `${at}/${pointerPart(name)}`, code, params: {} }))
