/** coaps: a device shows its id as identity, and has its secret as key; its handshake is its login. */
import { idOf } from '#access/shared/credentials.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Link } from '../udp/peer.ts'
import type { UdpServer } from '../udp/server.ts'
import { DtlsServer } from './server.ts'

export interface SecretPeers {
  /** the secret of a device; rejects with `device_unknown` */
  secretOf(deviceId: number): Promise<string>
  login(deviceId: number, secret: string, address: string): Promise<string>
}

export interface CoapsParts {
  server: UdpServer
  clock: Clock
  log: Logger
  peers: SecretPeers
}

/** Requests that may wait while the device is logged in. */
const MOST_WAITING = 8

/** → takes datagrams of the coaps port. */
export function coaps({ server, clock, log, peers }: CoapsParts) {
  const links = new Map<string, Link>()

  async function keyOf(identity: string): Promise<Buffer | undefined> {
    const id = idOf(identity)
    if (id === undefined) return undefined
    try {
      return Buffer.from(await peers.secretOf(id))
    } catch (e) {
      if (isPandoError(e, 'device_unknown')) return undefined
      throw e
    }
  }

  const dtls = new DtlsServer({
    clock,
    keyOf,
    opened(address, identity, send, end) {
      const id = idOf(identity)!
      const link = { ...links.get(address)!, key: `dtls ${address}`, send }
      let waiting: Buffer[] | undefined = []
      let over = false
      const begin = (token: string) => {
        if (over) return
        const peer = server.peer(link.key, () => link)
        peer.verify()
        peer.device = { id, token }
        for (const b of waiting ?? []) peer.datagram(b)
        waiting = undefined
      }
      peers
        .secretOf(id)
        .then((secret) => peers.login(id, secret, link.address))
        .then(begin, (err: unknown) => {
          log.warn({ err, device: id }, 'a device could not be logged in')
          end()
        })
      return {
        datagram(b) {
          if (waiting === undefined) server.peer(link.key, () => link).datagram(b)
          else if (waiting.length < MOST_WAITING) waiting.push(b)
        },
        closed() {
          over = true
          links.delete(address)
          server.drop(link.key)
        },
      }
    },
  })

  return {
    datagram(address: string, link: () => Link, bytes: Buffer): void {
      let known = links.get(address)
      if (known === undefined) {
        known = link()
        links.set(address, known)
      }
      const { send } = known
      dtls.datagram(address, send, bytes)
      if (!dtls.has(address)) links.delete(address)
    },
    stop: () => dtls.stop(),
  }
}
