/** apiprovider: REST for applications, and the management API. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { registry } from '#contracts/registry.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Queue } from '#core/queue/port.ts'
import { notFound } from '#lib/http.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { makeAlerts } from './admin/alerts.ts'
import type { AdminPeers } from './admin/call.ts'
import { makeShares } from './admin/shares.ts'
import type { Admin } from './admin/start.ts'
import type { DiskLimits } from './admin/system.ts'
import type { Console } from './console/serve.ts'
import { countFleet } from './countfleet.ts'
import { makeFigures } from './figures.ts'
import { makeGuard } from './guard.ts'
import { lazily } from './lazily.ts'
import { defaultLimits, makeLimits } from './limits.ts'
import { plainCalls } from './plain.ts'
import { requestLog } from './requestlog.ts'
import { prefixes } from './routes.ts'
import { makeServer } from './server.ts'
import { makeStreams } from './stream/streams.ts'
import { makeTap } from './stream/tap.ts'

interface Config extends DiskLimits {
  apiproviderListen: Address
  mqttaccessPublic: string | undefined
  legacyOpenDeviceInfo: boolean
  streamMaxListeners: number
  streamMaxListenersOfOne: number
}

export interface Ports {
  queue: Pick<Queue, 'listen'>
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
}

/** What the API for applications asks. */
export interface ApplicationPeers {
  registry: Pick<
    Face<typeof registry>,
    'applicationByKey' | 'deviceByIdentifier' | 'deviceByKey' | 'applications' | 'products' | 'devicesById' | 'model'
  >
  controller: Pick<
    Face<typeof controller>,
    'latest' | 'ask' | 'setStatus' | 'command' | 'records' | 'series' | 'saveRule' | 'desired' | 'setDesired'
  >
}

export type Peers = ApplicationPeers & AdminPeers

export async function start(s: ServiceStart<Config, Ports, Peers>): Promise<Started> {
  const { config, peers, ports, clock } = s
  const guard = makeGuard({ peers, queue: ports.queue, clock })
  s.onStop(guard.stop)
  const figures = makeFigures(clock)
  s.onStop(countFleet({ figures, ports, clock, log: s.log, online: async () => (await peers.devicemanager.online({})).count }))
  const limits = makeLimits(defaultLimits)
  const requests = requestLog(s.log, s.metrics)
  const tap = makeTap({ ports, peers, clock, log: s.log, metrics: s.metrics, codecs: s.codecs })
  s.onStop(tap.stop)
  const streams = makeStreams({
    tap,
    queue: ports.queue,
    peers,
    clock,
    log: s.log,
    metrics: s.metrics,
    limits: { all: config.streamMaxListeners, ofOne: config.streamMaxListenersOfOne },
  })
  s.onDrain(streams.drain)
  s.onStop(streams.stop)
  const calls = { peers, guard, limits, requests, openDeviceInfo: config.legacyOpenDeviceInfo }
  const app = await makeServer({ ...calls, streams })
  s.onStop(() => app.close())
  // these are found whether or not anybody asks
  const alerts = makeAlerts({ peers, clock, log: s.log, queue: ports.queue, ...(s.about && { about: s.about }) })
  s.onStop(alerts.stop)
  const shares = makeShares({ peers, clock })
  s.onStop(shares.stop)
  const admin = lazily(async () => {
    const { startAdmin } = await import('./admin/start.ts')
    return startAdmin({
      peers,
      calls: limits,
      requests,
      clock,
      log: s.log,
      figures,
      alerts,
      shares,
      limits: config,
      tap,
      enter: streams.enter,
      queue: ports.queue,
      devicelog: ports.devicelog,
      metrics: s.metrics,
      mqttPublic: config.mqttaccessPublic,
      ...(s.about && { about: s.about }),
    })
  })
  s.onDrain(async () => (await admin.made())?.drain())
  s.onStop(async () => (await admin.made())?.close())
  const reference = lazily(async () => ({ routing: await (await import('./reference/serve.ts')).makeReference() }))
  const console = lazily(async () => (await import('./console/serve.ts')).makeConsole())
  const address = await s.http.mount({
    name: 'apiprovider',
    address: config.apiproviderListen,
    // browsers would ask people for certificates of devices
    ...(s.tls && { tls: { ...s.tls, clientCertificates: false } }),
    prefixes: [...prefixes, ADMIN, REFERENCE, '/'],
    handler: (req, res) => {
      const { url = '' } = req
      if (url.startsWith(ADMIN)) void serveLazily(admin.get(), req, res)
      else if (url.startsWith(REFERENCE)) void serveLazily(reference.get(), req, res)
      else if (prefixes.some((p) => url.startsWith(p))) app.routing(req, res)
      else void serveConsole(console.get(), req, res)
    },
    plain: plainCalls(calls),
    onUpgrade: (req, socket, head) => void upgrade(admin, req, socket, head),
  })
  return { listen: { apiprovider: addressUrl('http', address) } }
}

const ADMIN = '/admin/'
const REFERENCE = '/docs'

interface Routing {
  routing(req: IncomingMessage, res: ServerResponse): void
}

async function serveLazily(made: Promise<Routing>, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const { routing } = await made
    routing(req, res)
  } catch {
    res.writeHead(503, { 'Content-Length': 0, 'Retry-After': '1' }).end()
  }
}

/** What is no place of the console's is no place at all: answered as where nobody listens, when the request has been read. */
async function serveConsole(made: Promise<Console>, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const served = await made.then((c) => c.serve(req, res)).catch(() => false)
  if (!served) req.once('end', () => notFound(res)).resume()
}

async function upgrade(
  admin: { get(): Promise<Pick<Admin, 'upgrade'>> },
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  try {
    await (await admin.get()).upgrade(req, socket, head)
  } catch {
    socket.destroy()
  }
}
