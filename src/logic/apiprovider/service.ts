/** apiprovider: REST for applications. */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { registry } from '#contracts/registry.ts'
import type { Queue } from '#core/queue/port.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { makeGuard } from './guard.ts'
import { defaultLimits, makeLimits } from './limits.ts'
import { requestLog } from './requestlog.ts'
import { prefixes } from './routes.ts'
import { makeServer } from './server.ts'

interface Config {
  apiproviderListen: Address
  legacyOpenDeviceInfo: boolean
}

export interface Ports {
  queue: Pick<Queue, 'listen'>
}

export interface Peers {
  registry: Pick<Face<typeof registry>, 'applicationByKey' | 'deviceByIdentifier' | 'deviceByKey'>
  controller: Pick<Face<typeof controller>, 'latest' | 'ask' | 'setStatus' | 'command'>
}

export async function start(s: ServiceStart<Config, Ports, Peers>): Promise<Started> {
  const { config, peers, ports, clock } = s
  const guard = makeGuard({ peers, queue: ports.queue, clock })
  s.onStop(guard.stop)
  const app = await makeServer({
    peers,
    guard,
    limits: makeLimits(defaultLimits),
    requests: requestLog(s.log, s.metrics),
    openDeviceInfo: config.legacyOpenDeviceInfo,
  })
  s.onStop(() => app.close())
  const address = await s.http.mount({
    address: config.apiproviderListen,
    ...(s.tls && { tls: s.tls }),
    prefixes,
    handler: (req, res) => app.routing(req, res),
  })
  return { listen: { apiprovider: addressUrl('http', address) } }
}
