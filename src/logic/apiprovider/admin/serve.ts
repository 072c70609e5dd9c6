/** The way of one call: who calls and whether they may, what they say, the handler, the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { exactly } from '#contracts/admin/common.ts'
import { methodOf, pathOf, type RouteKey, type RouteSpec } from '#contracts/admin/route.ts'
import { type AdminKey, adminRoutes } from '#contracts/admin/routes.ts'
import { isPandoError, toPandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { stream } from '../answer.ts'
import { Refusal } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { type RequestLog, requestIdOf } from '../requestlog.ts'
import { authenticate, callerOf, checkOrigin } from './authenticate.ts'
import type { AnyHandler, Auth, Call, Caller, Parts } from './call.ts'
import { isUnderWay, nameOf, once } from './idempotency.ts'
import { bodyOf, type Checker, checker, fromTexts, ifMatchOf } from './input.ts'
import { permit } from './permission.ts'
import { InvalidRequest, Overtaken, PROBLEM_TYPE, problemOf, problemOfError } from './problem.ts'
import { scopeOf } from './scope.ts'
import { isStreamed } from './streamed.ts'

export interface ServeParts extends Parts {
  handlers: Readonly<Record<RouteKey, AnyHandler>>
  limits: Limits
  requests: RequestLog
}

interface Admitted {
  auth: Auth | undefined
  caller: Caller
  started: number
}

export interface Served {
  /** Before the body is read. */
  admit(req: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Answers in every case; never rejects. */
  handle(req: FastifyRequest, reply: FastifyReply): Promise<void>
}

export function served(p: ServeParts, key: RouteKey, spec: RouteSpec): Served {
  const admitted = new WeakMap<FastifyRequest, Admitted>()
  const call = caller(p, key, spec)
  const refuseAny = async (req: FastifyRequest, reply: FastifyReply, e: unknown) => {
    await refuse(p, spec, req, reply, e)
    p.requests.done(req, `admin/${spec.id}`, reply.statusCode, 0, false)
  }
  return {
    async admit(req, reply) {
      try {
        const from = callerOf(req)
        const started = performance.now()
        const open = spec.can === 'nobody'
        if (open) checkOrigin(req)
        const auth = open ? undefined : await authenticate(p.peers.registry, req, from)
        permit(spec, auth)
        admitted.set(req, { auth, caller: from, started })
      } catch (e) {
        await refuseAny(req, reply, e)
      }
    },
    async handle(req, reply) {
      const { auth, caller: from, started } = admitted.get(req)!
      try {
        const leave = p.limits.enter()
        try {
          await call(req, reply, auth, from)
        } finally {
          leave()
        }
        p.requests.done(req, `admin/${spec.id}`, reply.statusCode, performance.now() - started, false)
      } catch (e) {
        await refuseAny(req, reply, e)
      }
    },
  }
}

type Run = (req: FastifyRequest, reply: FastifyReply, auth: Auth | undefined, from: Caller) => Promise<void>

function caller(p: ServeParts, key: RouteKey, spec: RouteSpec): Run {
  const handler = p.handlers[key]!
  const check = {
    params: spec.params && partChecker(spec.params, '/path'),
    query: partChecker(spec.query ?? empty, '/query'),
    body: spec.body && checker(spec.body, '/body'),
  }
  return async (req, reply, auth, from) => {
    const body = spec.body ? check.body!(bodyOf(req.body)) : undefined
    const ifRevision = spec.revision ? ifMatchOf(req.headers['if-match']) : undefined
    const c = {
      auth,
      scope: scopeOf(auth?.principal.scope ?? ''),
      caller: from,
      params: check.params?.(req.params) ?? {},
      query: check.query(req.query),
      body,
      by: {
        actor: auth?.principal.actor ?? 'nobody',
        actorName: auth?.principal.actorName ?? '',
        addr: from.addr,
        requestId: requestIdOf(req),
      },
      ...(ifRevision !== undefined && { ifRevision }),
      header: (name: string, value: string) => void reply.header(name, value),
    } as Call
    const run = async (call: Call) => answerOf(spec, await guarded(p, key, call, () => handler(call)))
    const repeatKey = spec.idempotent ? req.headers['idempotency-key'] : undefined
    if (repeatKey === undefined) {
      const answered = await run(c)
      if (!isStreamed(answered.value)) return send(reply, spec, answered)
      return stream(reply, { type: spec.media!, pieces: answered.value.pieces })
    }
    const request = `${key}\n${req.url}\n${stringifyExact(body ?? null)}`
    const throughout = spec.idempotent === 'throughout'
    const one = { actor: c.by.actor, key: String(repeatKey), request, throughout }
    const got = await once(p, one, async () => {
      const { status, body: text, value } = await run(throughout ? { ...c, once: nameOf(one) } : c)
      return { status, body: text, replayed: false, value }
    })
    if (got.replayed) reply.header('Idempotency-Replayed', 'true')
    send(reply, spec, {
      ...got,
      value: got.replayed && got.body !== '' ? parseExact(got.body) : (got as Partial<Answered>).value,
    })
  }
}

const empty = exactly({})

const partChecker = (schema: NonNullable<RouteSpec['query']>, place: string): Checker => {
  const check = checker(schema, place)
  return (texts) => check(fromTexts(schema, { ...(texts as object) }))
}

interface Answered {
  status: number
  body: string
  value?: unknown
}

const answerOf = (spec: RouteSpec, value: unknown): Answered =>
  spec.answer ? { status: spec.status ?? 200, body: textOf(value), value } : { status: 204, body: '' }

const textOf = (value: unknown): string => (typeof value === 'string' ? value : isStreamed(value) ? '' : stringifyExact(value))

function send(reply: FastifyReply, spec: RouteSpec, { status, body, value }: Answered): void {
  reply.code(status)
  const revision = (value as { revision?: unknown } | undefined)?.revision
  if (spec.revision && typeof revision === 'number') reply.header('ETag', `"${revision}"`)
  if (status === 204) return void reply.send()
  reply.header('Content-Type', spec.media ?? 'application/json; charset=utf-8').send(body)
}

async function guarded(p: ServeParts, key: RouteKey, c: Call, run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run()
  } catch (e) {
    const stale = c.ifRevision !== undefined && isPandoError(e, 'conflict') && ('revision' in e.params || 'version' in e.params)
    if (!stale || methodOf(key) === 'GET') throw e
    const { ifRevision: _, ...reading } = c
    throw new Overtaken(await shownBy(p, pathOf(key))?.({ ...reading, body: undefined } as Call))
  }
}

/** `/rules/{id}/versions/{version}/restore` → GET /rules/{id} */
function shownBy(p: ServeParts, path: string): AnyHandler | undefined {
  const key = `GET ${path}` as AdminKey
  if ((adminRoutes[key] as RouteSpec | undefined)?.revision) return p.handlers[key]
  const above = path.slice(0, path.lastIndexOf('/'))
  return above === '' ? undefined : shownBy(p, above)
}

async function refuse(p: ServeParts, spec: RouteSpec, req: FastifyRequest, reply: FastifyReply, e: unknown): Promise<void> {
  const id = requestIdOf(req)
  reply.header('Content-Type', PROBLEM_TYPE)
  if (e instanceof ProtocolError) return void reply.code(400).send(stringifyExact(malformed(e, id)))
  if (e instanceof InvalidRequest)
    return void reply.code(400).send(stringifyExact(problemOf('invalid', id, { errors: e.errors })))
  if (e instanceof Overtaken)
    return void reply.code(412).send(stringifyExact(problemOf('precondition_failed', id, { current: e.current })))
  if (e instanceof Refusal) return tooBusy(reply, e, id)
  const error = toPandoError(e)
  p.requests.failed(req, `admin/${spec.id}`, error)
  const problem = problemOfError(error, id)
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if (problem.status === 429 || problem.status === 503 || isUnderWay(error))
    reply.header('Retry-After', retryAfter(error.params, p.clock.now()))
  reply.code(problem.status).send(stringifyExact(problem))
}

const malformed = (e: ProtocolError, id: string) =>
  problemOf('invalid', id, { detail: e.detail, errors: [{ pointer: '', code: e.code, params: e.params }] })

function tooBusy(reply: FastifyReply, e: Refusal, id: string): void {
  const problem = problemOf(e.status === 429 ? 'rate_limited' : 'unavailable', id, { detail: e.message })
  reply.header('Retry-After', '1').code(problem.status).send(problem)
}

const retryAfter = ({ retryAt }: Record<string, unknown>, now: number): string =>
  String(typeof retryAt === 'number' ? Math.max(1, Math.ceil((retryAt - now) / 1000)) : 1)
