/** Device HTTP API: registration and login (docs/device-protocol.md §1, §2), and data (docs/http.md). */

import { type AccessConfig, type Announced, makeAccessPoints } from '#access/shared/accesspoints.ts'
import { hostPort } from '#access/shared/addresses.ts'
import { Door } from '#access/shared/door.ts'
import type { Receiver } from '#access/shared/downlink.ts'
import { Durable } from '#access/shared/durable.ts'
import { enrolment } from '#access/shared/enrol.ts'
import { accessFace, keepNode } from '#access/shared/face.ts'
import { makeFailures } from '#access/shared/failures.ts'
import { type LeasedConfig, type LeasedPeers, leasedNode } from '#access/shared/leasednode.ts'
import type { AccessStart } from '#access/shared/node.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import { legacyTls, type TlsOptions } from '#lib/listen.ts'
import type { Started } from '#lib/service.ts'
import type { Address } from '#lib/settings.ts'
import { MAX_BODY } from './body.ts'
import { makeDiary } from './diary.ts'
import { makeHandler } from './handler.ts'
import { causeRefusal } from './me/answer.ts'
import type { HttpNode, HttpParts } from './me/node.ts'
import { dataHandler } from './me/serve.ts'
import { Sessions } from './me/sessions.ts'

export interface Config extends AccessConfig, LeasedConfig {
  httpaccessListen: Address
  /** for chips of 2015: weak TLS only, never plain text */
  httpaccessLegacyTlsListen?: Address
  httpLease: number
}

export interface Peers extends LeasedPeers {
  /** what discovery knows of a service */
  instances?(service: string): Promise<readonly Announced[]>
}

const prefixes = ['/v1/devices/registration', '/v1/devices/authentication', '/v1/devices']

export async function start(s: AccessStart<Config, Peers>): Promise<Started & { face: Face<typeof access> }> {
  const { config, peers, clock, log, metrics } = s
  // Peers are read when they are called: services start in any order.
  const diary = makeDiary({ accept: (batch) => peers.controller.accept(batch), clock, log, metrics })
  s.onStop(() => diary.stop())
  const node = httpNode(s)
  const sessions = new Sessions(node, new Door(() => node, s.instance, s.peers), () => peers.registry)
  const failures = makeFailures(config.failuresPerMinute, clock)
  keepNode(s, node, () => {
    for (const session of [...sessions.all()]) session.end('server_stopping')
  })
  s.onStop(() => node.wheel.stop())
  const handler = makeHandler({
    data: dataHandler({ node, sessions, failures, metrics }),
    call: {
      enrolment: enrolment({
        protocol: 'http',
        registry: { registerDevice: (device) => peers.registry.registerDevice(device) },
        devicemanager: { login: (device) => peers.devicemanager.login(device) },
        accessPoints: makeAccessPoints(config, peers.instances && ((service) => peers.instances!(service))),
        diary,
      }),
      log,
    },
    failures,
    clock,
    metrics,
  })
  const mount = (address: Address, tls?: TlsOptions, tlsOnly = false) =>
    s.http.mount({ address, prefixes, handler, tlsOnly, ...(tls && { tls }) })
  const listen: Record<string, string> = { httpaccess: shown('http', await mount(config.httpaccessListen, s.tls)) }
  if (config.httpaccessLegacyTlsListen && s.tls) {
    const address = await mount(config.httpaccessLegacyTlsListen, { ...s.tls, ...legacyTls }, true)
    listen['httpaccessLegacyTls'] = shown('https', address)
  }
  return { listen, face: accessFace(node, node.downlink) }
}

function httpNode(s: AccessStart<Config, Peers>): HttpNode {
  const durable: HttpParts['durable'] = new Durable(
    (w) => w.done(),
    (w) => w.lost(causeRefusal('stream_sealed')),
  )
  const limits = { maxBody: MAX_BODY, lease: s.config.httpLease }
  return Object.assign(
    leasedNode<Receiver>(s, 'http', limits, () => durable.lost()),
    { durable },
  )
}

/** An address as somebody on this machine would type it. */
const shown = (scheme: string, { host, port }: Address): string =>
  `${scheme}://${hostPort(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)}`
