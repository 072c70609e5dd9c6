/** CoAP for devices (docs/coap.md); contracts/access.ts says what others ask of it. */

import type { AccessConfig } from '#access/shared/accesspoints.ts'
import { Door } from '#access/shared/door.ts'
import { Durable } from '#access/shared/durable.ts'
import { type EnrolPeers, enrolmentAt } from '#access/shared/enrolhere.ts'
import { accessFace, keepNode } from '#access/shared/face.ts'
import { makeFailures } from '#access/shared/failures.ts'
import { type LeasedConfig, leasedNode } from '#access/shared/leasednode.ts'
import type { AccessStart } from '#access/shared/node.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { answer } from './message/numbers.ts'
import { reachedBy } from './reached.ts'
import { resourcesOf } from './resources/table.ts'
import { Engine } from './server/engine.ts'
import type { Exchange } from './server/exchange.ts'
import { failure } from './server/response.ts'
import type { CoapNode, CoapSession } from './session.ts'
import { Sessions } from './sessions.ts'
import { listenUdp } from './udp/listen.ts'
import { UdpServer } from './udp/server.ts'

export interface Config extends AccessConfig, LeasedConfig {
  coapaccessListen: Address
  coapaccessDtlsListen: Address | undefined
  coapaccessTcpListen: Address | undefined
  coapLease: number
  coapAckTimeout: number
  mqttMaxPacket: number
  mqttMaxConnections: number
  mqttConnectTimeout: number
}

export async function start(s: AccessStart<Config, EnrolPeers>): Promise<Started & { face: Face<typeof access> }> {
  const { clock, config, log } = s
  const durable = new Durable<Exchange>(
    (ex) => ex.respond(ex.promised!),
    (ex) => ex.respond(failure(answer.unavailable, 'stream_sealed')),
  )
  const node = coapNode(s, durable)
  const failures = makeFailures(config.failuresPerMinute, clock)
  const sessions = new Sessions(node, new Door(() => node, s.instance, s.peers), failures)
  const enrol = { enrolment: enrolmentAt(s, node), failures, log, reachedBy }
  const resources = resourcesOf(node, sessions, durable, enrol)
  const { wheel } = node
  const engine = new Engine({ resources, clock, wheel, log, ackTimeout: config.coapAckTimeout })
  const server = new UdpServer(engine)
  const udp = await listenUdp(config.coapaccessListen, (key, link, bytes) => server.peer(key, link).datagram(bytes))
  const secure = config.coapaccessDtlsListen && (await openSecure(s, server, config.coapaccessDtlsListen))
  const tcp = config.coapaccessTcpListen && (await openTcp(s, node, engine, config.coapaccessTcpListen))
  s.onStop(async () => {
    await tcp?.close()
    await secure?.close()
    server.stop()
    wheel.stop()
    await udp.close()
  })
  keepNode(s, node, () => {
    for (const session of [...sessions.all()]) session.dismiss('server_stopping')
  })
  s.onDrain(() => {
    udp.stopReading()
    secure?.stopReading()
    tcp?.stopReading()
  })
  return {
    face: accessFace(node, node.downlink),
    listen: {
      coapaccess: addressUrl('coap', udp.address),
      ...(secure && { coapaccessDtls: addressUrl('coaps', secure.address) }),
      ...(tcp && { coapaccessTcp: addressUrl('coap+tcp', tcp.address) }),
    },
  }
}

/** coaps: the same server behind DTLS. */
async function openSecure({ clock, log, peers }: AccessStart<Config, EnrolPeers>, server: UdpServer, address: Address) {
  const { coaps } = await import('./dtls/devices.ts')
  const port = coaps({
    server,
    clock,
    log,
    peers: {
      secretOf: async (deviceId) => (await peers.registry.presharedKey({ deviceId })).secret,
      login: async (deviceId, secret, from) => (await peers.devicemanager.login({ deviceId, secret, address: from })).token,
    },
  })
  const udp = await listenUdp(address, (key, link, bytes) => port.datagram(key, link, bytes))
  return {
    ...udp,
    close: async () => {
      port.stop()
      await udp.close()
    },
  }
}

/** Octets of a message before a device is in, and of one beside its body. */
const FIRST = 4096
/** seconds after which a peer is let go that is no device of ours and silent */
const PATIENCE = 60

/** The same resources by TCP and TLS. */
async function openTcp({ config, tls }: AccessStart<Config, EnrolPeers>, node: CoapNode, engine: Engine, address: Address) {
  const { listenTcp } = await import('./tcp/listen.ts')
  return listenTcp({
    address,
    engine,
    wheel: node.wheel,
    tls,
    maxConnections: config.mqttMaxConnections,
    limits: {
      most: node.limits.maxBody + FIRST,
      first: FIRST,
      greeting: Math.ceil(config.mqttConnectTimeout / 1000),
      patience: PATIENCE,
      lease: node.limits.lease,
    },
  })
}

function coapNode(s: AccessStart<Config, EnrolPeers>, durable: Durable<Exchange>): CoapNode {
  const { mqttMaxPacket: maxBody, coapLease: lease } = s.config
  return leasedNode<CoapSession>(s, 'coap', { maxBody, lease }, () => durable.lost())
}
