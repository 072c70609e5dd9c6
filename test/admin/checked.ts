/** Answers held against the OpenAPI document: a status that it does not name, or a body that does not fit, is a failure. */
import { Compile, type Validator } from 'typebox/schema'

interface Media {
  schema: unknown
}
interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security?: unknown[]
  parameters: { name: string; in: string; required: boolean; schema: JsonSchema }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, Media> }>
  'x-permission': string
  'x-audit'?: string | string[]
}
export type JsonSchema = Record<string, unknown>
export interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; responses: Record<string, { content?: Record<string, Media> }> }
}
export type { Operation }

export interface Answered {
  status: number
  type: string
  body: string
}

/** The document with its references put in their places. */
export function inlined(doc: OpenApi, v: unknown, depth = 0): unknown {
  if (depth > 60) throw new Error('the document refers to itself')
  if (Array.isArray(v)) return v.map((x) => inlined(doc, x, depth + 1))
  if (typeof v !== 'object' || v === null) return v
  const ref = (v as { $ref?: unknown }).$ref
  if (typeof ref === 'string') return inlined(doc, at(doc, ref), depth + 1)
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, inlined(doc, x, depth + 1)]))
}

function at(doc: OpenApi, ref: string): unknown {
  let place: unknown = doc
  for (const part of ref.slice(2).split('/')) place = (place as Record<string, unknown>)[part]
  if (place === undefined) throw new Error(`${ref} is not in the document`)
  return place
}

/** The operation of a request, by its path below the prefix. */
export function operationOf(doc: OpenApi, method: string, path: string): Operation | undefined {
  const parts = path.split('?', 1)[0]!.split('/')
  let best: Operation | undefined
  let literal = -1
  for (const [template, methods] of Object.entries(doc.paths)) {
    const want = template.split('/')
    if (want.length !== parts.length || !want.every((w, i) => w.startsWith('{') || w === parts[i])) continue
    const score = want.filter((w) => !w.startsWith('{')).length
    const found = methods[method.toLowerCase()]
    if (found && score > literal) [best, literal] = [found, score]
  }
  return best
}

export function answerChecker(doc: OpenApi) {
  const compiled = new Map<string, Validator>()
  return (method: string, path: string, { status, type, body }: Answered): void => {
    const operation = operationOf(doc, method, path)
    if (!operation) throw new Error(`${method} ${path} is not in the document`)
    const name = `${operation.operationId} ${status}`
    const found = operation.responses[String(status)]
    if (!found) throw new Error(`${name} is not in the document: ${body}`)
    const { content } = found.$ref ? (at(doc, found.$ref) as typeof found) : found
    const media = content?.[type.split(';')[0]!]
    if (!content && body === '') return
    if (!media) throw new Error(`${name} came as ${type}: ${body.slice(0, 300)}`)
    if (!/[/+]json/.test(type)) return
    const schema = compiled.get(name) ?? Compile(inlined(doc, media.schema) as never)
    compiled.set(name, schema)
    const value: unknown = JSON.parse(body)
    if (schema.Check(value)) return
    const [, errors] = schema.Errors(value)
    const first = errors[0] as { instancePath?: string; message?: string } | undefined
    throw new Error(`${name} does not fit its schema at ${first?.instancePath}: ${first?.message}\n${body.slice(0, 600)}`)
  }
}
