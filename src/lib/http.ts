/**
 * HTTP listeners by address: services that are given the same address share one server, each under its own path
 * prefixes. Port 0 is never shared.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Listener, listen, type TlsOptions } from './listen.ts'
import { type FindPlain, type PlainServer, plainServer } from './plainhttp.ts'
import type { Address } from './settings.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

export interface Paths {
  /** path prefixes; '/' takes what nobody else wants */
  prefixes: readonly string[]
  handler: Handler
  /** who serves requests that are plain without node:http (plainhttp.ts); all others the handler gets */
  plain?: FindPlain
  /** handles `Upgrade` on these prefixes (WebSocket) */
  onUpgrade?: (req: IncomingMessage, socket: import('node:stream').Duplex, head: Buffer) => void
}

export interface Mount extends Paths {
  address: Address
  /** by which others find this server, whatever its address is */
  name?: string
  tls?: TlsOptions
  tlsOnly?: boolean
}

interface Shared {
  server: Server
  plain: PlainServer
  listener: Listener
  mounts: Paths[]
}

export interface HttpListeners {
  /** → the address that is listened on */
  mount(m: Mount): Promise<Address>
  /** Adds paths to the server of this name; undefined: it has none in this process. Whoever starts later is not waited for. */
  join(name: string, p: Paths): Promise<Address | undefined>
  stopAccepting(): void
  close(): Promise<void>
}

export interface HttpTimeouts {
  /** ms until the head of a request must be there */
  headers: number
  /** ms until all of a request must be there */
  request: number
}

export function httpListeners(timeouts: HttpTimeouts = { headers: 10_000, request: 30_000 }): HttpListeners {
  const open = new Map<string, Promise<Shared>>()
  const named = new Map<string, Promise<Shared>>()
  return {
    async mount(m) {
      const key = m.address.port === 0 ? Symbol('own').toString() + open.size : `${m.address.host}:${m.address.port}`
      let shared = open.get(key)
      if (!shared) {
        shared = start(m, timeouts)
        open.set(key, shared)
        shared.catch(() => open.delete(key))
      }
      if (m.name !== undefined) named.set(m.name, shared)
      const s = await shared
      s.mounts.push(m)
      return s.listener.address
    },
    async join(name, p) {
      const s = await named.get(name)
      s?.mounts.push(p)
      return s?.listener.address
    },
    stopAccepting() {
      for (const s of open.values()) void s.then((x) => x.listener.stopAccepting()).catch(() => {})
    },
    async close() {
      await Promise.all([...open.values()].map((s) => s.then(closeShared, () => {})))
    },
  }
}

async function start(m: Mount, timeouts: HttpTimeouts): Promise<Shared> {
  const mounts: Paths[] = []
  const server = createServer({
    requestTimeout: timeouts.request,
    headersTimeout: timeouts.headers,
    connectionsCheckingInterval: timeouts.headers / 5,
    maxHeaderSize: 16_384,
    keepAliveTimeout: 65_000,
    // Java's client offers h2c by `Upgrade` on ordinary requests (RFC 9110 §7.8: may be ignored).
    shouldUpgradeCallback: (req) =>
      req.headers.upgrade?.toLowerCase() === 'websocket' && pick(mounts, req.url)?.onUpgrade !== undefined,
  })
  // Node arms the two timeouts, and lists connections for closing, when a server listens; this one is fed by ours.
  server.emit('listening')
  server.on('request', (req, res) => {
    const found = pick(mounts, req.url)
    // HTTP/0.9 is no request but a whole connection: nothing that could be kept in step with.
    if (req.httpVersionMajor !== 1) res.writeHead(400, { Connection: 'close', 'Content-Length': 0 }).end()
    else if (found) found.handler(req, res)
    else req.once('end', () => notFound(res)).resume()
  })
  server.on('upgrade', (req, socket, head) => {
    const up = pick(mounts, req.url)?.onUpgrade
    if (up) up(req, socket, head)
    else socket.destroy()
  })
  const toNode = (socket: Socket) => server.emit('connection', socket)
  const find: FindPlain = (method, url) => {
    for (const m of mounts) {
      const found = m.plain?.(method, url)
      if (found) return found
    }
    return undefined
  }
  const plain = plainServer(find, toNode)
  const listener = await listen({
    address: m.address,
    ...(m.tls && { tls: m.tls }),
    ...(m.tlsOnly && { tlsOnly: true }),
    onSocket: (socket) => (mounts.some((m) => m.plain) ? plain.take(socket) : toNode(socket)),
  })
  return { server, plain, listener, mounts }
}

function pick(mounts: Paths[], path = '/'): Paths | undefined {
  let best: Paths | undefined
  let length = -1
  for (const m of mounts) {
    for (const p of m.prefixes) {
      if (p.length > length && path.startsWith(p)) {
        best = m
        length = p.length
      }
    }
  }
  return best
}

const DROPPED_MOST = 16 << 20
/**
 * Whether the connection ends with a request whose body is not wanted. One of this length is read and dropped instead: closing before that
 * resets the connection, and the client may never see why.
 */
export const endsWithBody = (headers: IncomingHttpHeaders): boolean => !(Number(headers['content-length']) <= DROPPED_MOST)

/** Sent when the request has been read: closing before that resets the connection, and the answer is lost. As Go's default answer: applications of the old cloud saw exactly this (test/vectors/http-device.json, "wrong path"). */
export function notFound(res: ServerResponse): void {
  const body = '404 page not found\n'
  res.writeHead(404, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': body.length,
  })
  res.end(body)
}

async function closeShared({ server, plain, listener }: Shared): Promise<void> {
  const closed = listener.close()
  const closeIdle = () => {
    server.closeIdleConnections()
    plain.closeIdle()
  }
  const closeAll = () => {
    server.closeAllConnections()
    plain.closeAll()
  }
  closeIdle()
  const idle = setInterval(closeIdle, 20)
  const timer = setTimeout(closeAll, 2000)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
  server.close()
  closeAll()
}
