/** The UDP socket. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { hostPort, subscriber, unmapped } from '#access/shared/addresses.ts'
import { PandoError } from '#lib/errors.ts'
import type { Address } from '#lib/settings.ts'
import type { Link } from './peer.ts'

export interface UdpListener {
  address: Address
  /** Datagrams are not read any more; what is under way can still be sent. */
  stopReading(): void
  close(): Promise<void>
}

/** What the kernel may hold while we are busy. */
const BUFFER = 4 << 20

type OnDatagram = (address: string, link: () => Link, bytes: Buffer) => void

export async function listenUdp(address: Address, onDatagram: OnDatagram): Promise<UdpListener> {
  const six = isIPv6(address.host)
  const socket = createSocket({
    type: six ? 'udp6' : 'udp4',
    // addresses are numbers: nothing is looked up, and nothing waits for the next turn
    lookup: (host, _options, done) => (done as (e: null, host: string, family: number) => void)(null, host, six ? 6 : 4),
  })
  await bind(socket, address)
  for (const size of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
    try {
      socket[size](BUFFER)
    } catch {
      // the system allows less: it keeps what it has
    }
  }
  const bound = { host: address.host, port: socket.address().port }
  const read = (bytes: Buffer, from: RemoteInfo) => {
    const key = from.family === 'IPv6' ? `[${from.address}]:${from.port}` : `${from.address}:${from.port}`
    onDatagram(key, () => linkOf(socket, bound, key, from), bytes)
  }
  socket.on('message', read)
  // a send that failed: the peer asks again, or the message is sent again
  socket.on('error', () => {})
  let closed = false
  return {
    address: bound,
    stopReading: () => void socket.off('message', read),
    close: () =>
      new Promise((done) => {
        if (closed) return done()
        closed = true
        socket.close(() => done())
      }),
  }
}

function linkOf(socket: Socket, bound: Address, key: string, { address, port }: RemoteInfo): Link {
  const host = unmapped(address)
  return {
    key,
    address: hostPort(host, port),
    who: subscriber(host),
    reached: bound.host,
    // no callback: each would be a turn of its own, and a send that failed is like a datagram that was lost
    send: (bytes) => socket.send(bytes, port, address),
  }
}

function bind(socket: Socket, { host, port }: Address): Promise<void> {
  return new Promise((done, failed) => {
    socket.once('error', (e: NodeJS.ErrnoException) => {
      const why = e.code === 'EADDRINUSE' ? 'another program listens there; stop it or choose another port' : e.message
      failed(new PandoError('config_invalid', `cannot listen on UDP ${host}:${port}: ${why}`, { host, port, reason: e.code }))
    })
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error')
      done()
    })
  })
}
