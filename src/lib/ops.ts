/** The operations server of a process: is it alive, is it ready, what do its counters say. Not for the public: no authentication. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { httpListeners } from './http.ts'
import type { Metrics } from './metrics.ts'
import type { Address } from './settings.ts'

/** One line of /readyz. */
export interface Check {
  name: string
  ok: boolean
  /** engines: ok, degraded, down */
  state?: string
  /** the last error in one line, no secret in it */
  detail?: string
  /** since when it is in this state, ms since 1970 */
  since?: number
}

export interface OpsOptions {
  address: Address
  metrics: Pick<Metrics, 'text' | 'contentType' | 'pando_engine_up'>
  /** called for each /readyz; must answer at once */
  checks: () => Check[]
}

export interface Ops {
  address: Address
  close(): Promise<void>
}

type Answer = { status: number; type: string; body: string }

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
})

/**
 * Starts the server. `GET /healthz`: 200 while the process lives. `GET /readyz`: 200, or 503 as long as one check fails, each
 * check named with state, last error and since when. `GET /metrics`: Prometheus text. Errors: `config_invalid` (address).
 */
export async function startOps({ address, metrics, checks }: OpsOptions): Promise<Ops> {
  const routes: Record<string, () => Answer | Promise<Answer>> = {
    '/healthz': () => json(200, { status: 'ok' }),
    '/readyz': () => readiness(checks()),
    '/metrics': async () => {
      enginesUp(metrics, checks)
      return { status: 200, type: metrics.contentType, body: await metrics.text() }
    },
  }
  const http = httpListeners()
  const bound = await http.mount({ address, prefixes: ['/'], handler: (req, res) => void respond(routes, req, res) })
  return { address: bound, close: () => http.close() }
}

/** A check that fails itself must not take the other figures along: /readyz says what is wrong. */
function enginesUp({ pando_engine_up: up }: OpsOptions['metrics'], checks: () => Check[]): void {
  try {
    for (const { name, state } of checks()) if (state) up.set({ port: name }, state === 'down' ? 0 : 1)
  } catch {
    up.reset()
  }
}

const readiness = (checks: Check[]): Answer => {
  const ready = checks.every((c) => c.ok)
  const shown = checks.map(({ since, ...c }) => ({ ...c, ...(since !== undefined && { since: new Date(since).toISOString() }) }))
  return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks: shown })
}

async function respond(routes: Record<string, () => Answer | Promise<Answer>>, req: IncomingMessage, res: ServerResponse) {
  const answer = await answerOf(routes, req).catch((e: unknown) => json(500, { status: 'error', detail: String(e) }))
  res.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': Buffer.byteLength(answer.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(answer.status === 405 && { Allow: 'GET, HEAD' }),
  })
  res.end(answer.body)
}

async function answerOf(routes: Record<string, () => Answer | Promise<Answer>>, { method, url = '/' }: IncomingMessage) {
  const path = url.split('?', 1)[0]!
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (!route) return json(404, { status: 'not found', paths: Object.keys(routes) })
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' })
  return route()
}
