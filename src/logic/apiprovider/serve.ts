/** The way of one call: limits, App-Key, device and scope, the call itself, the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toPandoError } from '#lib/errors.ts'
import { answer, refuse, stream } from './answer.ts'
import { type CallPeers, infoByKey, type Query } from './calls.ts'
import { Refusal, refusalOf } from './errors.ts'
import type { Guard } from './guard.ts'
import type { Limits } from './limits.ts'
import type { RequestLog } from './requestlog.ts'
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

export function deviceHandler(p: ServeParts, { name, call, waits }: Route): Handler {
  return (req, reply) =>
    serve(p, { name, waits, req, reply }, async () => {
      const known = p.guard.caller(keyOf(req), req.raw.socket)
      const caller = known instanceof Promise ? await known : known
      const leave = p.limits.enterOf(caller.application.id)
      try {
        const found = p.guard.device(caller, (req.params as { identifier: string }).identifier)
        const device = found instanceof Promise ? await found : found
        const input = {
          body: textOf(req.body),
          query: req.query as Query,
          accept: req.headers.accept ?? '',
          applicationId: caller.application.id,
        }
        const said = await call(p.peers, device, input)
        if (typeof said === 'string') return said
        await stream(reply, said)
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
  req: FastifyRequest
  reply: FastifyReply
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

export function refuseAny(
  p: Pick<ServeParts, 'requests'>,
  name: string,
  req: FastifyRequest,
  reply: FastifyReply,
  e: unknown,
): void {
  if (e instanceof Refusal) return refuse(reply, e)
  const error = toPandoError(e)
  refuse(reply, refusalOf(error), p.requests.failed(req, name, error))
}

export const keyOf = (req: FastifyRequest): string | undefined => {
  const key = req.headers['app-key']
  return Array.isArray(key) ? key[0] : key
}

const textOf = (body: unknown): string => (Buffer.isBuffer(body) ? body.toString('utf8') : '')
