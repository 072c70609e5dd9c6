import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { hostPort, subscriber, unmapped } from '#access/shared/addresses.ts'
import type { From } from '#access/shared/enrol.ts'
import type { Failures } from '#access/shared/failures.ts'
import type { Handler } from '#lib/http.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import { code, failed, sendAnswer, sendError } from './answer.ts'
import { authenticate } from './authentication.ts'
import { readBody } from './body.ts'
import { type Call, type CallContext, type Outcome, outcomeOf } from './calls.ts'
import type { DataHandlers } from './me/serve.ts'
import { register } from './registration.ts'

export interface HandlerParts {
  /** takes what is its own */
  data: DataHandlers['data']
  call: CallContext
  failures: Failures
  clock: Clock
  metrics: Metrics
}

const calls: Readonly<Record<string, Call>> = { registration: register, authentication: authenticate }
const PATH = /^\/v1\/devices\/(registration|authentication)\/?(?:\?|$)/

const TOO_MANY: Outcome = { answer: failed(code.systemFault, 'too many failures, try again later') }

/** The device API as a handler of node:http: registration and login, one request a connection, read, answered, closed; and data. */
export function makeHandler({ call: ctx, data, failures, clock, metrics }: HandlerParts): Handler {
  const served = new WeakSet<Socket>()

  function finished(route: string, status: number, began: number): void {
    metrics.pando_http_requests_total.inc({ service: 'httpaccess', route, status })
    metrics.pando_http_seconds.observe({ service: 'httpaccess' }, (performance.now() - began) / 1000)
  }

  async function serve(call: Call, body: Buffer, from: From, who: string): Promise<Outcome> {
    // Constant cost: neither the body is parsed nor the registry asked (O-13).
    if (failures.blocked(who)) return TOO_MANY
    try {
      const outcome = await call(ctx, body, from)
      if (outcome.fault === 'device') failures.failed(who)
      return outcome
    } catch (e) {
      return outcomeOf(e, ctx.log)
    }
  }

  return (req: IncomingMessage, res: ServerResponse) => {
    // Behind a request whose answer closes the connection nothing is answered: so nothing is done either.
    if (served.has(req.socket)) return
    if (data(req, res)) return
    served.add(req.socket)
    const began = performance.now()
    const route = (req.method === 'POST' && PATH.exec(req.url ?? '')?.[1]) || 'other'
    const error = (status: 400 | 404 | 408 | 413) => {
      sendError(res, status)
      finished(route, status, began)
    }
    // HTTP/0.9 knows no headers: Node parses it, nobody speaks it.
    if (req.httpVersionMajor < 1) return error(400)
    if (route === 'other') return error(404)
    const remote = unmapped(req.socket.remoteAddress)
    const from = { address: hostPort(remote, req.socket.remotePort ?? 0), reached: unmapped(req.socket.localAddress) }
    readBody(req, clock, (body) => {
      if (typeof body === 'number') return error(body)
      void serve(calls[route]!, body, from, subscriber(remote)).then(({ answer }) => {
        sendAnswer(res, answer)
        finished(route, 200, began)
      })
    })
  }
}
