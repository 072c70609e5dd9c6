/**
 * TCP listeners. Where there is a certificate, TLS and plain text share a port: the first byte of a TLS handshake is 22,
 * which neither HTTP nor MQTT begins with.
 */
import { createServer, type Server, type Socket } from 'node:net'
import {
  createServer as createTlsServer,
  type TlsOptions as NodeTlsOptions,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import { PandoError } from './errors.ts'
import type { Address } from './settings.ts'
import { contextsOf, isForged, type TlsOptions } from './tls.ts'

export { legacyTls, type TlsOptions } from './tls.ts'

export interface ListenOptions {
  address: Address
  /** absent: no TLS on this port */
  tls?: TlsOptions
  /** refuse plain text */
  tlsOnly?: boolean
  /** ms in which a socket must have shown its first byte and finished its handshake */
  firstByteTimeout?: number
  maxConnections?: number
  /** other processes that say so too may listen there; the system deals connections out */
  sharePort?: boolean
  onSocket: (socket: Socket, secure: boolean) => void
}

export interface Listener {
  address: Address
  /** stops accepting; sockets that are up stay */
  stopAccepting(): void
  close(): Promise<void>
}

type AskedByName = NonNullable<NodeTlsOptions['SNICallback']>

const TLS_HANDSHAKE = 22

export async function listen(o: ListenOptions): Promise<Listener> {
  const { onSocket, firstByteTimeout = 10_000 } = o
  const tls = o.tls && secure(o, o.tls, firstByteTimeout)
  const accept = tls ? (s: Socket) => sniff(s, tls, o, firstByteTimeout) : (s: Socket) => onSocket(s, false)
  const server = createServer({ noDelay: true }, accept)
  if (o.maxConnections) server.maxConnections = o.maxConnections
  await bind(server, o.address, o.sharePort ?? false)
  // EMFILE and the like: the listener stays, the kernel's queue waits (hard case F-12).
  server.on('error', () => {})
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound ? { host: o.address.host, port: bound.port } : o.address,
    stopAccepting: () => void server.close(),
    close: () => {
      tls?.forget()
      return new Promise((done) => (server.listening ? server.close(() => done()) : done()))
    },
  }
}

interface Secure {
  /** Begins a handshake, when it is this socket's turn. */
  begin(socket: Socket): void
  forget(): void
}

function secure(o: ListenOptions, options: TlsOptions, handshakeTimeout: number): Secure {
  const contexts = contextsOf(options)
  const SNICallback: AskedByName = (name, done) => done(null, contexts.named(name))
  const server: TlsServer = createTlsServer({
    ...contexts.usual(),
    handshakeTimeout,
    ...(contexts.byName && { SNICallback }),
    ...(options.clientCertificates && { requestCert: true, rejectUnauthorized: false }),
  })
  const turns = inTurn(options.maxHandshakes ?? Number.POSITIVE_INFINITY, (socket) => server.emit('connection', socket))
  server.on('secureConnection', (s: TLSSocket) => {
    turns.next()
    if (options.clientCertificates && isForged(s)) s.destroy()
    else o.onSocket(s, true)
  })
  server.on('tlsClientError', (_e, s) => {
    turns.next()
    s.destroy()
  })
  const forget = options.store?.onChange(() => {
    contexts.renew()
    server.setSecureContext(contexts.usual())
  })
  return { begin: turns.add, forget: () => forget?.() }
}

/** Lets so many sockets go at once; each that is done (`next`) makes way for another. */
function inTurn(most: number, go: (socket: Socket) => void): { add(socket: Socket): void; next(): void } {
  const waiting: Socket[] = []
  let going = 0
  return {
    add(socket) {
      if (going >= most) return void waiting.push(socket)
      going++
      go(socket)
    },
    next() {
      going--
      for (let socket = waiting.shift(); socket; socket = waiting.shift()) {
        if (socket.destroyed) continue
        going++
        return go(socket)
      }
    },
  }
}

function sniff(socket: Socket, tls: Secure, o: ListenOptions, timeout: number): void {
  socket.on('error', drop)
  socket.setTimeout(timeout, drop)
  socket.once('data', (chunk: Buffer) => {
    socket.setTimeout(0, drop)
    if (chunk[0] === TLS_HANDSHAKE) {
      // it may be reset while it waits its turn, so who hears of errors stays
      socket.pause()
      socket.unshift(chunk)
      return tls.begin(socket)
    }
    if (o.tlsOnly) return void socket.destroy()
    socket.off('error', drop)
    o.onSocket(socket, false)
    // whoever reads by now gets it at once
    socket.unshift(chunk)
  })
}

function drop(this: Socket): void {
  this.destroy()
}

function bind(server: Server, { host, port }: Address, reusePort: boolean): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (e: NodeJS.ErrnoException) => failed(bindError(e, host, port)))
    server.listen({ host, port, backlog: 4096, reusePort }, () => {
      server.removeAllListeners('error')
      done()
    })
  })
}

function bindError(e: NodeJS.ErrnoException, host: string, port: number): Error {
  const why: Record<string, string> = {
    EADDRINUSE: 'another program listens there; stop it or choose another port',
    EACCES: 'this user may not use the port; take one above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTSUP: 'this system lets no several processes have one port',
  }
  const reason = why[e.code ?? ''] ?? e.message
  return new PandoError('config_invalid', `cannot listen on ${host}:${port}: ${reason}`, { host, port, reason: e.code })
}
