/** The way of one call: limits, App-Key, device and scope, the call itself, the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toPandoError } from '#lib/errors.ts'
import { answer, type Reply, refuse, stream } from './answer.ts'
import { type CallPeers, infoByKey, type Query, type Streamed } from './calls.ts'
import { Refusal, refusalOf } from './errors.ts'
import type { Guard } from './guard.ts'
import type { Limits } from './limits.ts'
import type { Asked, RequestLog } from './requestlog.ts'
import type { Route } from './routes.ts'

export interface ServeParts {
  peers: CallPeers
  guard: Guard
  limits: Limits
  requests: RequestLog
  /** `device/info?device_key=` without an App-Key, as in the old cloud */
  openDeviceInfo: boolean
}

type Handler = (req: FastifyRequest, reply: FastifyReply) => void

export const deviceHandler =
  (p: ServeParts, route: Route): Handler =>
  (req, reply) =>
    serveDevice(p, route, {
      req,
      reply,
      connection: req.raw.socket,
      identifier: (req.params as { identifier: string }).identifier,
      query: req.query as Query,
      body: req.body,
      stream: (said) => stream(reply, said),
    })

/** A call on a device, as it came. */
export interface DeviceRequest {
  req: Asked
  reply: Reply
  /** on which it came */
  connection: object
  identifier: string
  query: Query
  body: unknown
  /** sends an answer that comes in pieces */
  stream(said: Streamed): Promise<void>
}

/** Answers in every case; never rejects. */
export function serveDevice(p: ServeParts, { name, call, waits }: Route, r: DeviceRequest): Promise<void> {
  const { req, reply } = r
  return serve(p, { name, waits, req, reply }, async () => {
    const known = p.guard.caller(keyOf(req), r.connection)
    const caller = known instanceof Promise ? await known : known
    const leave = p.limits.enterOf(caller.application.id)
    try {
      const found = p.guard.device(caller, r.identifier)
      const device = found instanceof Promise ? await found : found
      const input = {
        body: textOf(r.body),
        query: r.query,
        accept: req.headers.accept ?? '',
        applicationId: caller.application.id,
      }
      const said = await call(p.peers, device, input)
      if (typeof said === 'string') return said
      await r.stream(said)
      return undefined
    } finally {
      leave()
    }
  })
}

export function infoByKeyHandler(p: ServeParts): Handler {
  return (req, reply) =>
    serve(p, { name: 'info by key', waits: false, req, reply }, async () => {
      const caller = p.openDeviceInfo ? undefined : await p.guard.caller(keyOf(req))
      return infoByKey(p.peers, p.guard, caller, req.query as Query)
    })
}

interface Serving {
  name: string
  waits: boolean
  req: Asked
  reply: Reply
}

/** Answers in every case, unless `run` has (undefined); never rejects. */
async function serve(p: ServeParts, { name, waits, req, reply }: Serving, run: () => Promise<string | undefined>): Promise<void> {
  const started = performance.now()
  try {
    const leave = p.limits.enter()
    try {
      const data = await run()
      if (data !== undefined) answer(reply, data)
    } finally {
      leave()
    }
  } catch (e) {
    refuseAny(p, name, req, reply, e)
  }
  p.requests.done(req, name, reply.statusCode, performance.now() - started, waits)
}

export function refuseAny(p: Pick<ServeParts, 'requests'>, name: string, req: Asked, reply: Reply, e: unknown): void {
  if (e instanceof Refusal) return refuse(reply, e)
  const error = toPandoError(e)
  refuse(reply, refusalOf(error), p.requests.failed(req, name, error))
}

export const keyOf = (req: Pick<Asked, 'headers'>): string | undefined => {
  const key = req.headers['app-key']
  return Array.isArray(key) ? key[0] : key
}

const textOf = (body: unknown): string => (Buffer.isBuffer(body) ? body.toString('utf8') : '')
