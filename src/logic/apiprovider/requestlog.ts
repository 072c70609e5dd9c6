/** One log line where a call failed by our fault or was slow, and the metrics of every call. Never a key, never a query. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { errorTable, type PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'

/** A call that waits for nobody and takes longer is told. */
const SLOW_MS = 1000

/** What is looked at of a request. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<IncomingHttpHeaders>
}

/** The caller's `X-Request-Id` if it has a harmless form, else a new one. */
export function requestIdOf(req: Pick<Asked, 'headers'>): string {
  const given = req.headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomBytes(8).toString('hex')
}

export interface RequestLog {
  /** → the id under which it was logged, undefined if it was not worth a line */
  failed(req: Asked, route: string, e: PandoError): string | undefined
  done(req: Asked, route: string, status: number, ms: number, waits: boolean): void
}

type Counted = Pick<Metrics, 'pando_http_requests_total' | 'pando_http_seconds' | 'counting' | 'timing'>

export function requestLog(log: Logger, metrics: Counted): RequestLog {
  const service = 'apiprovider'
  const took = metrics.timing(metrics.pando_http_seconds, { service })
  /** by status, by route */
  const counts = new Map<string, Map<number, () => void>>()
  const counterOf = (route: string, status: number): (() => void) => {
    const of = counts.get(route) ?? new Map<number, () => void>()
    const count = of.get(status) ?? metrics.counting(metrics.pando_http_requests_total, { service, route, status })
    counts.set(route, of.set(status, count))
    return count
  }
  const fields = (req: Asked, id: string, route: string) => ({
    http: { request: { id, method: req.method } },
    url: { path: pathOf(req) },
    event: { action: route },
  })
  return {
    failed(req, route, e) {
      const { status } = errorTable[e.code]
      if (status < 500 || e.code === 'device_timeout') return undefined
      const id = requestIdOf(req)
      log[status === 500 ? 'error' : 'warn']({ ...fields(req, id, route), err: e.cause ?? e, code: e.code }, 'call failed')
      return id
    },
    done(req, route, status, ms, waits) {
      const count = counts.get(route)?.get(status) ?? counterOf(route, status)
      count()
      took(ms / 1000)
      if (ms > SLOW_MS && !waits) log.warn({ ...fields(req, requestIdOf(req), route), duration: ms }, 'call was slow')
    },
  }
}

const pathOf = (req: Asked): string => req.url.split('?', 1)[0]!.slice(0, 512)
