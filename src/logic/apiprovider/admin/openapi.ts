/** The OpenAPI 3.1 document, made from the routes: the schemas that check are the schemas that document. */
import type { TObject, TSchema } from 'typebox'
import { Problem } from '#contracts/admin/problem.ts'
import { methodOf, pathOf, type RouteKey, type RouteSpec, type Routes } from '#contracts/admin/route.ts'
import { ADMIN_PREFIX } from '#contracts/admin/routes.ts'
import { tags } from '#contracts/admin/tags.ts'
import { type ErrorCode, errorTable } from '#lib/errors.ts'

type Json = Record<string, unknown>

/** `title` of a schema that has one is its name among the components. */
export function openapi(routes: Routes): Json {
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, Json> = {}
  for (const [key, spec] of Object.entries(routes) as [RouteKey, RouteSpec][]) {
    const path = (paths[pathOf(key)] ??= {})
    path[methodOf(key).toLowerCase()] = operation(key, spec, schemas)
  }
  const problem = named(Problem, schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pando Cloud management API',
      // of this interface; which program answers is not told before sign-in
      version: '1',
      description:
        'JSON. Times are ms since 1970, 64-bit integers decimal strings, bytes base64. Errors are RFC 9457 problems with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: ADMIN_PREFIX }],
    security: [{ bearer: [] }, { cookie: [], csrf: [] }],
    tags: [...new Set(Object.values(routes).map((r) => r.tag))].sort().map((name) => ({ name, description: tags[name] })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: {
        Problem: { description: 'What went wrong', content: { 'application/problem+json': { schema: problem } } },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API token' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'pando',
          description: 'The session of the console; __Host-pando under TLS',
        },
        csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'For writes with a cookie: from GET /session' },
      },
    },
  }
}

function operation(key: RouteKey, spec: RouteSpec, schemas: Record<string, unknown>): Json {
  return {
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    description: describe(spec),
    ...(spec.can === 'nobody' && { security: [] }),
    parameters: [
      ...parameters('path', spec.params, schemas),
      ...parameters('query', spec.query, schemas),
      ...(spec.idempotent
        ? [header('Idempotency-Key', '^[\\x21-\\x7e]{1,128}$', 'Repeats with the same key get the first answer')]
        : []),
      ...(changesOne(key, spec)
        ? [header('If-Match', '^(\\*|"[0-9]{1,15}")$', 'The ETag of what is to be changed; 412 when it was changed since')]
        : []),
    ],
    ...(spec.body && {
      requestBody: { required: true, content: { 'application/json': { schema: inlined(spec.body, schemas) } } },
    }),
    responses: responses(key, spec, schemas),
    'x-permission': spec.can,
    ...(spec.audit && { 'x-audit': spec.audit }),
  }
}

/** Not GET, nor POST that adds something. */
const changesOne = (key: RouteKey, { revision, params }: RouteSpec): boolean =>
  revision === true && methodOf(key) !== 'GET' && params !== undefined

function describe(spec: RouteSpec): string {
  const who =
    { nobody: 'Without signing in.', anybody: 'Whoever has signed in.' }[spec.can as string] ??
    `Takes the permission \`${spec.can}\`${spec.everything ? ' for everything' : ''}.`
  return [spec.description, who].filter(Boolean).join(' ')
}

const header = (name: string, pattern: string, description: string): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', pattern },
})

function parameters(place: 'path' | 'query', of: TObject | undefined, schemas: Record<string, unknown>): Json[] {
  const required = new Set((of as { required?: string[] } | undefined)?.required)
  return Object.entries(of?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: required.has(name),
    schema: inlined(schema as TSchema, schemas),
    ...((schema as { type?: string }).type === 'array' && { style: 'form', explode: false }),
  }))
}

/** Those that every call may answer with, by what it takes. */
function statuses(key: RouteKey, spec: RouteSpec): number[] {
  // `timeout`: of another process
  const codes: ErrorCode[] = ['internal', 'unavailable', 'timeout', 'invalid', ...(spec.errors ?? [])]
  if (spec.can !== 'nobody') codes.push('unauthenticated', 'forbidden')
  if (spec.can === 'nobody') codes.push('forbidden')
  if (spec.body) codes.push('too_large')
  if (spec.idempotent) codes.push('conflict', 'idempotency_reused')
  if (changesOne(key, spec)) codes.push('precondition_failed', 'conflict')
  if (spec.params) codes.push('not_found')
  return [...new Set(codes.map((c) => errorTable[c].status))].sort()
}

function responses(key: RouteKey, spec: RouteSpec, schemas: Record<string, unknown>): Json {
  const good = String(spec.answer ? (spec.status ?? 200) : 204)
  const etag = spec.revision && 'revision' in ((spec.answer as TObject | undefined)?.properties ?? {})
  const content = spec.answer && { [spec.media ?? 'application/json']: { schema: inlined(spec.answer, schemas) } }
  return {
    [good]: {
      description: spec.answer ? 'The answer' : 'Done',
      ...(etag && { headers: { ETag: { description: 'Its revision', schema: { type: 'string' } } } }),
      ...(content && { content }),
    },
    ...Object.fromEntries(statuses(key, spec).map((s) => [String(s), { $ref: '#/components/responses/Problem' }])),
  }
}

/** A copy in which each schema with a title is a reference to the components. */
function inlined(schema: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((s) => inlined(s, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof (schema as { title?: unknown }).title === 'string') return named(schema as TSchema, schemas)
  return copied(schema, schemas)
}

const copied = (schema: object, schemas: Record<string, unknown>): Json =>
  Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, inlined(v, schemas)]))

function named(schema: TSchema, schemas: Record<string, unknown>): Json {
  const { title } = schema as { title?: string }
  schemas[title!] ??= copied({ ...schema }, schemas)
  return { $ref: `#/components/schemas/${title}` }
}
