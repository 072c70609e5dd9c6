/** The console's WebSocket: who may open one, and for how long. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { WebSocket, WebSocketServer } from 'ws'
import { CONSOLE_PROTOCOL, type closeCodes } from '#contracts/admin/console.ts'
import type { AdminRoutes } from '#contracts/admin/routes.ts'
import { ADMIN_PREFIX } from '#contracts/admin/routes.ts'
import type { Principal } from '#contracts/registry.ts'
import type { Queue } from '#core/queue/port.ts'
import { errorTable, isPandoError, PandoError, toPandoError } from '#lib/errors.ts'
import type { Metrics } from '#lib/metrics.ts'
import { Refusal } from '../../errors.ts'
import { lazily } from '../../lazily.ts'
import { requestIdOf } from '../../requestlog.ts'
import type { Streams } from '../../stream/streams.ts'
import type { Tap } from '../../stream/tap.ts'
import { authenticate, callerOf, checkOrigin } from '../authenticate.ts'
import type { Auth, Handlers, Parts } from '../call.ts'
import { PROBLEM_TYPE, problemOf } from '../problem.ts'
import { scopeOf } from '../scope.ts'
import { type Connection, converse } from './connection.ts'
import { topicsOf } from './topics.ts'

export interface ConsoleOptions extends Parts {
  handlers: Handlers<AdminRoutes>
  tap: Tap
  enter: Streams['enter']
  queue: Pick<Queue, 'listen'>
  metrics: Pick<Metrics, 'pando_stream_listeners'>
}

export interface Console {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  stop(): void
}

const PATH = `${ADMIN_PREFIX}/stream`
const MOST_MESSAGE = 64 << 10
const PING_MS = 30_000
/** How often it is asked whether they may still, should a bell be lost. */
const CHECK_MS = 5000

interface Open {
  connection: Connection
  socket: WebSocket
  principal: Principal
  token: string | undefined
  alive: boolean
}

export function makeConsole(o: ConsoleOptions): Console {
  const { peers, clock } = o
  const open = new Set<Open>()
  const topics = topicsOf(o, o.handlers)
  // a cloud without consoles does without
  const server = lazily(async (): Promise<WebSocketServer> => {
    const { WebSocketServer } = await import('ws')
    return new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MOST_MESSAGE,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(CONSOLE_PROTOCOL) ? CONSOLE_PROTOCOL : false),
    })
  })

  async function checkAll(): Promise<void> {
    for (const c of open) {
      const over = await standing(c)
      if (over) c.connection.close(over)
    }
  }

  /** undefined: as it was when it began. A session is not kept from idling by this. */
  async function standing({ principal: p, token }: Open): Promise<keyof typeof closeCodes | undefined> {
    if (token === undefined) {
      const { items } = await peers.registry.sessions({ userId: p.userId })
      const session = items.find((s) => s.id === p.sessionId)
      return session && session.expiresAt > clock.now() ? undefined : 'session_over'
    }
    try {
      const now = await peers.registry.checkApiToken({ token })
      const same = now.scope === p.scope && now.can.join() === p.can.join() && !now.mustChange
      return same ? undefined : 'not_allowed'
    } catch (e) {
      if (isPandoError(e, 'unauthenticated')) return 'session_over'
      throw e
    }
  }

  const quietly = () => {
    if (open.size > 0) checkAll().catch((err: unknown) => o.log.warn({ err }, 'consoles: the registry does not answer'))
  }
  const stops = [
    o.queue.listen('registry', 'apiprovider consoles', ({ what }) => {
      if (what === 'session' || what === 'user' || what === 'apitoken') quietly()
    }),
    clock.every(CHECK_MS, quietly),
    clock.every(PING_MS, () => {
      for (const c of open) {
        if (!c.alive) c.socket.terminate()
        c.alive = false
        c.socket.ping()
      }
    }),
  ]

  async function admitted(req: IncomingMessage): Promise<{ auth: Auth; asking: FastifyRequest }> {
    const asking = { headers: req.headers, method: 'GET', raw: req, hostname: hostOf(req) } as FastifyRequest
    const auth = await authenticate(peers.registry, asking, callerOf(asking))
    if (!auth) throw new PandoError('unauthenticated', 'sign in, or send `Authorization: Bearer <token>`')
    if (auth.session) {
      // a page of another site may open sockets, and the cookie goes along
      if (req.headers.origin === undefined) throw new PandoError('forbidden', '', { reason: 'origin' })
      checkOrigin(asking)
    }
    if (auth.principal.mustChange) throw new PandoError('forbidden', '', { reason: 'must_change_password' })
    return { auth, asking }
  }

  return {
    async upgrade(req, socket, head) {
      const gone = () => socket.destroy()
      socket.on('error', gone)
      let leave = () => {}
      let taken = false
      try {
        if (req.url?.split('?', 1)[0] !== PATH) throw new PandoError('not_found', '')
        const { auth, asking } = await admitted(req)
        leave = o.enter(`user ${auth.principal.userId}`)
        const [ws, hub] = await Promise.all([server.get(), o.tap.take()])
        taken = true
        const caller = callerOf(asking)
        const { actor, actorName } = auth.principal
        const by = { actor, actorName, addr: caller.addr, requestId: requestIdOf(asking) }
        const call = { auth, caller, by, scope: scopeOf(auth.principal.scope) }
        const ended = once(() => {
          leave()
          o.tap.release()
        })
        socket.once('close', ended)
        if (socket.destroyed) return ended()
        ws.handleUpgrade(req, socket, head, (client) => {
          socket.off('error', gone)
          const connection = converse(client, { call, open: topics, hub, clock })
          const one: Open = { connection, socket: client, principal: auth.principal, token: tokenOf(req), alive: true }
          open.add(one)
          o.metrics.pando_stream_listeners.set({ api: 'console' }, open.size)
          client.on('pong', () => (one.alive = true))
          client.on('close', () => {
            open.delete(one)
            o.metrics.pando_stream_listeners.set({ api: 'console' }, open.size)
          })
        })
      } catch (e) {
        if (!taken) leave()
        refuse(req, socket, e)
      }
    },
    stop() {
      for (const stop of stops) stop()
      for (const c of open) {
        c.connection.stop()
        setTimeout(() => c.socket.terminate(), 1000).unref()
      }
    },
  }
}

const tokenOf = (req: IncomingMessage): string | undefined => /^bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]

const hostOf = (req: IncomingMessage): string => (req.headers.host ?? '').replace(/:\d+$/, '')

function once(f: () => void): () => void {
  let done = false
  return () => {
    if (!done) f()
    done = true
  }
}

function refuse(req: IncomingMessage, socket: Duplex, e: unknown): void {
  const asking = { headers: req.headers } as FastifyRequest
  const busy = e instanceof Refusal
  const code = busy ? (e.status === 429 ? 'rate_limited' : 'unavailable') : toPandoError(e).code
  const { status } = errorTable[code]
  const body = JSON.stringify(problemOf(code, requestIdOf(asking), { params: busy ? {} : toPandoError(e).params }))
  const more = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : status === 429 || status === 503 ? 'Retry-After: 1\r\n' : ''
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: ${PROBLEM_TYPE}\r\nCache-Control: no-store\r\n${more}Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
