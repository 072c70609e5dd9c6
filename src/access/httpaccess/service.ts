/** Device HTTP API: registration and login (docs/device-protocol.md §1, §2), and data (docs/http.md). */

import { hostPort } from '#access/shared/addresses.ts'
import { Door } from '#access/shared/door.ts'
import { type EnrolPeers, enrolmentAt } from '#access/shared/enrolhere.ts'
import { accessFace, keepNode } from '#access/shared/face.ts'
import { makeFailures } from '#access/shared/failures.ts'
import type { AccessStart } from '#access/shared/node.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import { legacyTls, type TlsOptions } from '#lib/listen.ts'
import type { Started } from '#lib/service.ts'
import type { Address } from '#lib/settings.ts'
import { makeHandler } from './handler.ts'
import { type Config, httpNode } from './me/node.ts'
import { dataHandlers } from './me/serve.ts'
import { Sessions } from './me/sessions.ts'

const prefixes = ['/v1/devices/registration', '/v1/devices/authentication', '/v1/devices']

export type { Config } from './me/node.ts'

export async function start(s: AccessStart<Config, EnrolPeers>): Promise<Started & { face: Face<typeof access> }> {
  const { config, peers, clock, log, metrics } = s
  const node = httpNode(s)
  const sessions = new Sessions(node, new Door(() => node, s.instance, s.peers), () => peers.registry)
  const failures = makeFailures(config.failuresPerMinute, clock)
  keepNode(s, node, () => {
    for (const session of [...sessions.all()]) session.end('server_stopping')
  })
  s.onStop(() => node.wheel.stop())
  const { data, plain } = dataHandlers({ node, sessions, failures, metrics })
  const handler = makeHandler({
    data,
    call: {
      enrolment: enrolmentAt(s, node),
      log,
    },
    failures,
    clock,
    metrics,
  })
  const mount = (address: Address, tls?: TlsOptions, tlsOnly = false) =>
    s.http.mount({ address, prefixes, handler, plain, tlsOnly, ...(tls && { tls }) })
  const listen: Record<string, string> = { httpaccess: shown('http', await mount(config.httpaccessListen, s.tls)) }
  if (config.httpaccessLegacyTlsListen && s.tls) {
    const address = await mount(config.httpaccessLegacyTlsListen, { ...s.tls, ...legacyTls }, true)
    listen['httpaccessLegacyTls'] = shown('https', address)
  }
  return { listen, face: accessFace(node, node.downlink) }
}

/** An address as somebody on this machine would type it. */
const shown = (scheme: string, { host, port }: Address): string =>
  `${scheme}://${hostPort(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)}`
