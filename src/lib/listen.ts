/**
 * TCP listeners. Where there is a certificate, TLS and plain text share a port: the first byte of a TLS handshake is 22,
 * which neither HTTP nor MQTT begins with.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from 'node:tls'
import { PandoError } from './errors.ts'
import type { Address } from './settings.ts'

export interface TlsOptions extends SecureContextOptions {
  /** handshakes under way at once; more wait in the accept queue of the kernel */
  maxHandshakes?: number
}

export interface ListenOptions {
  address: Address
  /** absent: no TLS on this port */
  tls?: TlsOptions
  /** refuse plain text */
  tlsOnly?: boolean
  /** ms in which a socket must have shown its first byte and finished its handshake */
  firstByteTimeout?: number
  maxConnections?: number
  onSocket: (socket: Socket, secure: boolean) => void
}

export interface Listener {
  address: Address
  /** stops accepting; sockets that are up stay */
  stopAccepting(): void
  close(): Promise<void>
}

/** TLS for chips of 2015: docs/device-protocol.md §2. Never on a listener that others use. */
export const legacyTls = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const satisfies SecureContextOptions

const TLS_HANDSHAKE = 22

export async function listen(o: ListenOptions): Promise<Listener> {
  const { onSocket, firstByteTimeout = 10_000 } = o
  const tls = o.tls ? createTlsServer({ ...o.tls, handshakeTimeout: firstByteTimeout }, (s) => onSocket(s, true)) : undefined
  tls?.on('tlsClientError', (_e, s) => s.destroy())
  const accept = tls ? (s: Socket) => sniff(s, tls, o, firstByteTimeout) : (s: Socket) => onSocket(s, false)
  const server = createServer({ noDelay: true }, accept)
  if (o.maxConnections) server.maxConnections = o.maxConnections
  await bind(server, o.address)
  // EMFILE and the like: the listener stays, the kernel's queue waits (hard case F-12).
  server.on('error', () => {})
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound ? { host: o.address.host, port: bound.port } : o.address,
    stopAccepting: () => void server.close(),
    close: () => new Promise((done) => (server.listening ? server.close(() => done()) : done())),
  }
}

function sniff(socket: Socket, tls: TlsServer, o: ListenOptions, timeout: number): void {
  const fail = () => socket.destroy()
  const first = () => {
    const chunk = socket.read(1) as Buffer | null
    if (chunk === null) return void socket.once('readable', first)
    socket.setTimeout(0, fail)
    socket.off('error', fail)
    socket.off('end', fail)
    socket.unshift(chunk)
    if (chunk[0] === TLS_HANDSHAKE) tls.emit('connection', socket)
    else if (o.tlsOnly) socket.destroy()
    else o.onSocket(socket, false)
  }
  socket.on('error', fail)
  socket.on('end', fail)
  socket.setTimeout(timeout, fail)
  socket.once('readable', first)
}

function bind(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (e: NodeJS.ErrnoException) => failed(bindError(e, host, port)))
    server.listen({ host, port, backlog: 4096 }, () => {
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
  }
  const reason = why[e.code ?? ''] ?? e.message
  return new PandoError('config_invalid', `cannot listen on ${host}:${port}: ${reason}`, { host, port, reason: e.code })
}
