/** The fastify instance of the management API: its routes, and what is refused before a call begins. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { methodOf, pathOf, type RouteKey, type RouteSpec, type Routes } from '#contracts/admin/route.ts'
import { ADMIN_PREFIX } from '#contracts/admin/routes.ts'
import { type ErrorCode, errorTable } from '#lib/errors.ts'
import { endsWithBody } from '#lib/http.ts'
import { Refusal } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { requestIdOf } from '../requestlog.ts'
import { schemaless } from '../schemaless.ts'
import { apiHeaders, setHeaders } from './headers.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { type ServeParts, served } from './serve.ts'

/** Product configurations may have 4 MB. */
const MAX_BODY = 5 << 20
const SMALL_BODY = 16_384

export async function makeAdmin(p: ServeParts, routes: Routes): Promise<FastifyInstance> {
  const app = fastify({
    ...schemaless,
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, req, reply) => early(req, reply, error),
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, done) => done(null, body))
  app.addHook('onRequest', (req, reply, done) => begin(p.limits, req, reply, done))
  app.setErrorHandler((error: FastifyError, req, reply) => early(req, reply, error))
  app.setNotFoundHandler((req, reply) => notFound(routes, req, reply))
  for (const [key, spec] of Object.entries(routes) as [RouteKey, RouteSpec][]) {
    const { admit, handle } = served(p, key, spec)
    app.route({ method: methodOf(key), url: urlOf(key), onRequest: admit, handler: handle })
  }
  await app.ready()
  return app
}

const urlOf = (key: string): string => ADMIN_PREFIX + pathOf(key).replaceAll(/\{(\w+)\}/g, ':$1')

/** One id for the request's log lines, audit entries and answer; room for its body; no packed bodies (B-10). */
function begin(limits: Limits, req: FastifyRequest, reply: FastifyReply, done: (e?: Error) => void): void {
  const { headers } = req.raw
  headers['x-request-id'] = requestIdOf(req)
  reply.header('X-Request-Id', headers['x-request-id'])
  setHeaders(req, reply, apiHeaders)
  // What a body is, is said by the schema of the route; fastify would refuse what is no media type.
  if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json'
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return done(new Refusal(0, 'send the body without Content-Encoding', 415))
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : MAX_BODY
  if (!(length > SMALL_BODY)) return done()
  try {
    reply.raw.once('close', limits.reserve(Math.min(length, MAX_BODY)))
    done()
  } catch (e) {
    done(e as Error)
  }
}

const codeOf = (status: number): ErrorCode =>
  status === 413 ? 'too_large' : status === 503 ? 'unavailable' : status === 404 ? 'not_found' : 'invalid'

/** What is refused before a handler: too large, cut off, wrongly encoded. Never told by an error of ours, so it is the request's. */
function early(req: FastifyRequest, reply: FastifyReply, error: Error & { statusCode?: number }): void {
  const status = error instanceof Refusal ? error.status : (error.statusCode ?? 400)
  const code = codeOf(status)
  if (status === 413 && endsWithBody(req.headers)) reply.header('Connection', 'close')
  if (code === 'unavailable') reply.header('Retry-After', '1')
  setHeaders(req, reply, apiHeaders)
  problem(req, reply, code, status === 415 ? 415 : errorTable[code].status, error.message)
}

function problem(req: FastifyRequest, reply: FastifyReply, code: ErrorCode, status: number, detail?: string): void {
  const id = requestIdOf(req)
  const said = problemOf(code, id, detail === undefined ? {} : { detail })
  reply
    .code(status)
    .header('Content-Type', PROBLEM_TYPE)
    .header('X-Request-Id', id)
    .send({ ...said, status })
}

function notFound(routes: Routes, req: FastifyRequest, reply: FastifyReply): void {
  const path = req.url.split('?', 1)[0]!
  const methods = Object.keys(routes)
    .filter((key) => fits(urlOf(key), path))
    .map(methodOf)
  if (methods.length === 0) return problem(req, reply, 'not_found', 404)
  reply.header('Allow', [...new Set(methods.flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m])))].join(', '))
  problem(req, reply, 'method_not_allowed', 405)
}

function fits(url: string, path: string): boolean {
  const [want, got] = [url.split('/'), path.split('/')]
  return want.length === got.length && want.every((w, i) => w === got[i] || (w.startsWith(':') && got[i] !== ''))
}
