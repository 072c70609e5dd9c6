/** CoAP over TCP, and over TLS on the same port where there is a certificate. */
import type { Socket } from 'node:net'
import { hostPort, subscriber, unmapped } from '#access/shared/addresses.ts'
import type { Wheel } from '#access/shared/wheel.ts'
import { listen, type TlsOptions } from '#lib/listen.ts'
import type { Address } from '#lib/settings.ts'
import type { Engine } from '../server/engine.ts'
import { type TcpLimits, TcpPeer } from './peer.ts'

export interface TcpParts {
  address: Address
  engine: Engine
  wheel: Wheel
  limits: TcpLimits
  maxConnections: number
  tls?: TlsOptions | undefined
}

export interface TcpListener {
  address: Address
  /** Takes no connection any more. */
  stopReading(): void
  close(): Promise<void>
}

/** Octets that may wait to be sent to a peer: above these it is not read, and above these it does not read itself. */
const [ENOUGH, TOO_MUCH] = [256 << 10, 4 << 20]
/** ms in which a peer must have read our last words */
const LINGER = 5000

export async function listenTcp(o: TcpParts): Promise<TcpListener> {
  const peers = new Set<TcpPeer>()
  const listener = await listen({
    address: o.address,
    ...(o.tls && { tls: o.tls }),
    firstByteTimeout: o.limits.greeting * 1000,
    maxConnections: o.maxConnections,
    onSocket: (socket) => {
      const peer = connected(o, socket)
      peers.add(peer)
      socket.once('close', () => {
        peer.stop()
        peers.delete(peer)
      })
    },
  })
  return {
    address: listener.address,
    stopReading: () => listener.stopAccepting(),
    async close() {
      for (const peer of peers) peer.release()
      await listener.close()
    },
  }
}

function connected(o: TcpParts, socket: Socket): TcpPeer {
  const host = unmapped(socket.remoteAddress)
  let [busy, full] = [false, false]
  const flow = () => (busy || full ? socket.pause() : socket.resume())
  socket.setNoDelay(true)
  const peer = new TcpPeer(o, {
    address: hostPort(host, socket.remotePort ?? 0),
    who: subscriber(host),
    reached: unmapped(socket.localAddress),
    send(bytes) {
      socket.write(bytes)
      if (socket.writableLength > TOO_MUCH) socket.destroy()
    },
    read(on) {
      busy = !on
      flow()
    },
    end() {
      socket.setTimeout(LINGER, () => socket.destroy())
      socket.destroySoon()
    },
  })
  socket.on('error', () => {})
  socket.on('end', () => peer.release())
  socket.on('data', (chunk) => {
    peer.data(chunk)
    if (full || socket.writableLength < ENOUGH) return
    full = true
    flow()
    socket.once('drain', () => {
      full = false
      flow()
    })
  })
  return peer
}
