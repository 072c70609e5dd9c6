/** Device HTTP API: registration and login (docs/device-protocol.md §1, §2). */

import { type AccessConfig, type Announced, makeAccessPoints } from '#access/shared/accesspoints.ts'
import { hostPort } from '#access/shared/addresses.ts'
import { enrolment } from '#access/shared/enrol.ts'
import { makeFailures } from '#access/shared/failures.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { registry } from '#contracts/registry.ts'
import { legacyTls, type TlsOptions } from '#lib/listen.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import type { Address } from '#lib/settings.ts'
import { makeDiary } from './diary.ts'
import { makeHandler } from './handler.ts'

export interface Config extends AccessConfig {
  httpaccessListen: Address
  /** for chips of 2015: weak TLS only, never plain text */
  httpaccessLegacyTlsListen?: Address
  failuresPerMinute: number
}

export interface Peers {
  registry: Face<typeof registry>
  devicemanager: Face<typeof devicemanager>
  controller: Face<typeof controller>
  /** what discovery knows of a service */
  instances?(service: string): Promise<readonly Announced[]>
}

const prefixes = ['/v1/devices/registration', '/v1/devices/authentication', '/v1/devices']

export async function start(s: ServiceStart<Config, object, Peers>): Promise<Started> {
  const { config, peers, clock, log, metrics } = s
  // Peers are read when they are called: services start in any order.
  const diary = makeDiary({ accept: (batch) => peers.controller.accept(batch), clock, log, metrics })
  s.onStop(() => diary.stop())
  const handler = makeHandler({
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
    failures: makeFailures(config.failuresPerMinute, clock),
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
  return { listen }
}

/** An address as somebody on this machine would type it. */
const shown = (scheme: string, { host, port }: Address): string =>
  `${scheme}://${hostPort(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)}`
