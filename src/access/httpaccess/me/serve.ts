/** Data over HTTP (docs/http.md): `/v1/devices/me/…`, as often on a connection as one likes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { subscriber, unmapped } from '#access/shared/addresses.ts'
import type { Failures } from '#access/shared/failures.ts'
import type { Keyed } from '#core/devicelog/done.ts'
import { toPandoError } from '#lib/errors.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Answer, FindPlain, PlainHandler } from '#lib/plainhttp.ts'
import { readBody } from '../body.ts'
import { Refusal, refuse, say } from './answer.ts'
import { OCTETS, poll, stream } from './listener.ts'
import type { HttpNode } from './node.ts'
import { answerOf, type Report, report } from './reports.ts'
import type { HttpSession } from './session.ts'
import type { Sessions, Shown } from './sessions.ts'

export interface DataParts {
  node: HttpNode
  sessions: Sessions
  failures: Failures
  metrics: Metrics
}

/** Each says whether a request is for this API, and if so serves it. */
export interface DataHandlers {
  data: (req: IncomingMessage, res: ServerResponse) => boolean
  /** of those that may wait, where they are plain */
  plain: FindPlain
}

const ME = '/v1/devices/me/'
const methods: Readonly<Record<string, string>> = { status: 'POST', events: 'POST', commands: 'GET', 'commands/ack': 'POST' }
const WAITING = `${ME}commands`
const MOST_WAIT = 300
const MOST_ACKS = 1000

export function dataHandlers({ node, sessions, failures, metrics }: DataParts): DataHandlers {
  async function sessionOf(req: Shown, who: string): Promise<HttpSession> {
    try {
      return await sessions.of(req)
    } catch (e) {
      if (e instanceof Refusal && e.status === 401) failures.failed(who)
      throw e
    }
  }

  function allowed(req: Shown): string {
    const who = subscriber(unmapped(req.socket.remoteAddress))
    if (failures.blocked(who)) throw new Refusal(429, 'rate_limited', 'too many failures, try again later', 1)
    return who
  }

  async function act(req: IncomingMessage, res: ServerResponse, route: string): Promise<void> {
    const who = allowed(req)
    const body = req.method === 'POST' ? await bodyOf(req, node) : Buffer.alloc(0)
    const session = await sessionOf(req, who)
    if (route === 'commands') return wantsEvents(req) ? events(session, req, res) : wait(session, req, res)
    if (route === 'commands/ack') return say(res, acknowledge(session, idsIn(body)))
    const type = (req.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
    const key = req.headers['idempotency-key']
    const said: Report = { kind: route === 'status' ? 'status' : 'event', type, body }
    const done = (as?: Keyed) => report(session, said, as)
    const outcome = await session.repeats.once(typeof key === 'string' ? key : undefined, [route, type, body], done)
    say(res, answerOf(outcome))
  }

  /** Counts the call, and answers what goes wrong in it. */
  function serve(route: string, res: Answer, work: () => Promise<void>): void {
    const began = performance.now()
    const label = `me/${route}`
    res.once('close', () => {
      metrics.pando_http_requests_total.inc({ service: 'httpaccess', route: label, status: res.statusCode })
      if (route !== 'commands') metrics.pando_http_seconds.observe({ service: 'httpaccess' }, (performance.now() - began) / 1000)
    })
    work().catch((e: unknown) => {
      if (e instanceof Refusal) return refuse(res, e.status, e.code, e.message, e.again)
      const err = toPandoError(e)
      node.log.warn({ err, route: label }, 'device could not be served')
      refuse(res, 503, 'unavailable', 'a part of the cloud does not answer right now; try again', 1)
    })
  }

  const poll: PlainHandler = (req, res) => {
    if (wantsEvents(req)) return false
    serve('commands', res, async () => wait(await sessionOf(req, allowed(req)), req, res))
    return true
  }

  return {
    data(req, res) {
      const path = (req.url ?? '').split('?', 1)[0]!.replace(/\/$/, '')
      const route = path.startsWith(ME) ? path.slice(ME.length) : ''
      if (!Object.hasOwn(methods, route)) return false
      serve(route, res, async () => {
        if (req.method === methods[route]) return act(req, res, route)
        res.setHeader('Allow', methods[route]!)
        throw new Refusal(405, 'method_not_allowed')
      })
      return true
    },
    plain: (method, url) => (method === 'GET' && url.split('?', 1)[0] === WAITING ? poll : undefined),
  }
}

const wantsEvents = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers.accept?.includes('text/event-stream') ?? false

function bodyOf(req: IncomingMessage, { clock }: HttpNode): Promise<Buffer> {
  return new Promise((done, failed) =>
    readBody(req, clock, (body) => {
      if (typeof body !== 'number') done(body)
      else
        failed(
          body === 413
            ? new Refusal(413, 'too_large', 'the body is too large')
            : new Refusal(408, 'timeout', 'the body did not come in time'),
        )
    }),
  )
}

type Asked = Pick<IncomingMessage, 'url' | 'headers'>

/** What waits for the device, now or within `wait` seconds. */
function wait(s: HttpSession, req: Asked, res: Answer): void {
  const seconds = secondsOf(s, req)
  const listener = poll(s, res, seconds, req.headers.accept?.includes(OCTETS) ?? false)
  res.once('close', () => s.quit(listener))
  s.listen(listener)
  // nothing waits, and nothing is waited for
  if (seconds === 0) listener.due()
}

/** All of it as it comes, as events. */
function events(s: HttpSession, req: Asked, res: ServerResponse): void {
  secondsOf(s, req)
  const listener = stream(s, res)
  res.once('close', () => s.quit(listener))
  s.listen(listener)
}

/** How long it waits at most; what it says that it has got (`ack`) is acknowledged. */
function secondsOf(s: HttpSession, req: Asked): number {
  const query = new URL(req.url!, 'http://me').searchParams
  const seconds = query.get('wait') ?? '0'
  if (!/^\d{1,4}$/.test(seconds) || Number(seconds) > MOST_WAIT)
    throw new Refusal(400, 'invalid', `wait takes seconds from 0 to ${MOST_WAIT}`)
  const acked = query.get('ack')
  if (acked !== null) acknowledge(s, acked.split(',').map(Number))
  return Number(seconds)
}

function acknowledge(s: HttpSession, ids: readonly number[]): string {
  if (ids.length > MOST_ACKS || !ids.every((n) => Number.isInteger(n) && n > 0))
    throw new Refusal(400, 'invalid', 'ids are numbers from 1')
  for (const id of ids) s.node.downlink.acknowledged(s, id)
  return '{"acknowledged":true}'
}

/** `{"ids": [1, 2]}` */
function idsIn(body: Buffer): number[] {
  try {
    const { ids } = JSON.parse(body.toString('utf8')) as { ids: unknown }
    if (Array.isArray(ids)) return ids as number[]
  } catch {}
  throw new Refusal(400, 'invalid', 'expected {"ids": [1, 2]}')
}
