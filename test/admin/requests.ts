/** Requests made of the OpenAPI document. */
import type { Random } from '../fuzz/random.ts'
import { inlined, type JsonSchema, type OpenApi, type Operation } from './checked.ts'
import type { Ask } from './door.ts'
import type { Known } from './known.ts'
import { nasty, sample, spoiled } from './sample.ts'

export interface Made {
  operation: Operation
  method: string
  path: string
  ask: Ask
}

/** All operations, references put in their places. */
export function operationsOf(doc: OpenApi): { method: string; template: string; operation: Operation }[] {
  return Object.entries(doc.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      operation: inlined(doc, operation) as Operation,
    })),
  )
}

/** `param` gives what stands in the path; `chaos`: once in how many requests something is wrong on purpose (0: never). */
export function request(
  { method, template, operation }: ReturnType<typeof operationsOf>[number],
  r: Random,
  param: (template: string, name: string) => unknown,
  chaos: number,
  known: Known = () => undefined,
): Made {
  const wrong = () => chaos > 0 && r.once(chaos)
  const query: [string, string][] = []
  const headers: Record<string, string> = {}
  let path = template
  for (const p of operation.parameters) {
    const value = p.in === 'path' ? param(template, p.name) : (known(p.name, p.schema, r) ?? sample(p.schema, r, known))
    const text = String(wrong() ? r.pick(nasty) : value)
    if (p.in === 'path') path = path.replace(`{${p.name}}`, encodeURIComponent(text.toWellFormed()) || '%20')
    else if (p.in === 'query' && (p.required || r.once(2))) query.push([p.name, text.toWellFormed()])
    else if (p.in === 'header' && r.once(4))
      headers[p.name] = p.name === 'Idempotency-Key' ? `k${r.below(50)}` : `"${r.below(3)}"`
  }
  if (wrong()) query.push([r.pick(nasty).toWellFormed(), 'x'])
  const search = query.length > 0 ? `?${new URLSearchParams(query).toString()}` : ''
  const schema = operation.requestBody?.content['application/json']?.schema as JsonSchema | undefined
  const whole = schema && (known(operation.operationId, schema, r) ?? sample(schema, r, known))
  const body = schema && (wrong() ? spoiled(whole, r) : whole)
  return { operation, method, path: path + search, ask: { headers, ...(body !== undefined && { body }) } }
}
