/** The composition root: opens engines, starts services, wires them, stops them. Also the embedding API. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import type { access } from '#contracts/access.ts'
import type { Contract, Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { notifier } from '#contracts/notifier.ts'
import type { registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import type { TlsOptions } from '#lib/listen.ts'
import { type Logger, silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { type Check, startOps } from '#lib/ops.ts'
import { type Clock, type Started, systemClock } from '#lib/service.ts'
import { addressUrl } from '#lib/settings.ts'
import { encodedFace } from '#rpc/encoded.ts'
import { publishRpc } from '#rpc/publish.ts'
import { type Config, readConfig } from './config.ts'
import { type Opening, openPort } from './engines.ts'
import { type PortName, type Ports, type ServiceName, serviceEntry, serviceNames } from './services.ts'

export interface CloudOptions {
  /** environment to read settings from; `process.env` is never read here */
  env?: Record<string, string | undefined>
  /** which services; all when absent */
  services?: readonly ServiceName[]
  log?: Logger
  clock?: Clock
  /** `encoded`: calls between services pass through the real encoder and decoder, as between processes */
  calls?: 'direct' | 'encoded'
  /** false: other processes can't reach it and it has no operations server; for a moment's work beside nobody */
  published?: boolean
}

export interface Peers {
  registry: Face<typeof registry>
  devicemanager: Face<typeof devicemanager>
  controller: Face<typeof controller>
  notifier: Face<typeof notifier>
}

export interface Cloud {
  /** what is listened on, as URLs by service name, and `ops` */
  listen: Record<string, string>
  peers: Peers
  config: Config
  /** stops accepting, drains, closes; safe to call twice */
  stop(): Promise<void>
}

/** Time that a stop may take before sockets are cut. */
const DRAIN_MS = 4000

export async function startCloud(o: CloudOptions = {}): Promise<Cloud> {
  const { config } = readConfig(o.env ?? {})
  const log = o.log ?? silentLog()
  const names = chosen(o.services)
  const instance = `${names.length === serviceNames.length ? 'pando' : names.join('+')}-${randomUUID().slice(0, 8)}`
  const stops: (() => Promise<void> | void)[] = []
  const drains: (() => Promise<void> | void)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= stopAll(drains, stops, log))
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    return await startAll({ o, config, log, names, instance, stops, drains, stop })
  } catch (e) {
    await stop()
    throw e
  }
}

interface Starting {
  o: CloudOptions
  config: Config
  log: Logger
  names: readonly ServiceName[]
  instance: string
  stops: (() => Promise<void> | void)[]
  drains: (() => Promise<void> | void)[]
  stop: () => Promise<void>
}

async function startAll({ o, config, log, names, instance, stops, drains, stop }: Starting): Promise<Cloud> {
  const metrics = makeMetrics({ process: true })
  const http = httpListeners()
  stops.push(() => http.close())
  const tls = tlsOf(config)
  const clock = o.clock ?? systemClock
  const ports = await openPorts(names, { config, log, clock }, stops)
  const readiness: (() => Check)[] = portChecks(ports)
  const faces = new Map<ServiceName, object>()
  const published = o.published ?? true
  const rpc = published ? await publishRpc({ dataDir: config.dataDir, listen: config.rpcListen, log }) : undefined
  stops.push(() => rpc?.close())
  const listen: Record<string, string> = {}
  const peers = peersOf(faces, instance, names, listen)

  for (const name of names) {
    const entry = serviceEntry(name)
    const started: Started = await (await entry.load()).start({
      config,
      log: log.child({ service: name }),
      metrics,
      instance,
      ports,
      peers,
      http,
      ...(tls && { tls }),
      clock,
      onStop: (f) => stops.push(f),
      onDrain: (f) => drains.push(f),
      readiness: (check, f) => readiness.push(() => ({ name: `${name}: ${check}`, ...asCheck(f()) })),
    })
    Object.assign(listen, started.listen)
    if (!started.face || !entry.contract) continue
    faces.set(
      name,
      o.calls === 'encoded' ? encodedFace(entry.contract as Contract, started.face as Face<Contract>) : started.face,
    )
    if (!entry.holdsDevices) rpc?.serve(entry.contract, started.face)
  }
  drains.push(() => http.stopAccepting())
  if (published) {
    const address = config.opsListen ?? { host: '127.0.0.1', port: names.length === serviceNames.length ? 9090 : 0 }
    const ops = await startOps({ address, metrics, checks: () => readiness.map((f) => f()) })
    stops.push(() => ops.close())
    listen['ops'] = addressUrl('http', ops.address)
  }
  log.info({ instance, listen }, 'ready')
  return { listen, peers: peers as unknown as Peers, config, stop }
}

function chosen(wanted: readonly string[] | undefined): readonly ServiceName[] {
  if (!wanted || wanted.length === 0) return serviceNames
  const unknown = wanted.find((name) => !(serviceNames as string[]).includes(name))
  if (unknown) throw new PandoError('config_invalid', `there is no service ${unknown}; there are ${serviceNames.join(', ')}`)
  return serviceNames.filter((name) => wanted.includes(name))
}

async function openPorts(names: readonly ServiceName[], opening: Opening, stops: (() => Promise<void> | void)[]): Promise<Ports> {
  const ports: Partial<Record<PortName, unknown>> = {}
  for (const name of names) {
    for (const port of serviceEntry(name).opens) {
      if (ports[port]) continue
      const engine = await openPort(port, opening)
      ports[port] = engine
      stops.push(() => engine.close())
    }
  }
  return ports as Ports
}

function portChecks(ports: Ports): (() => Check)[] {
  return Object.entries(ports).map(([name, engine]) => () => {
    const h = engine.health()
    return { name, ok: h.state !== 'down', state: h.state, since: h.since, ...(h.error && { detail: h.error }) }
  })
}

const asCheck = (why: string | undefined): Omit<Check, 'name'> => ({
  ok: why === undefined,
  ...(why !== undefined && { detail: why }),
})

/** Where the access services of this process really listen (a port 0 has become a number by then), by protocol. */
const instancesOf = (listen: Record<string, string>, id: string) => async (service: string) => {
  const url = listen[service]
  return url ? [{ id, public: { [service.replace(/access$/, '')]: new URL(url).host } }] : []
}

/** Faces are looked up when they are called, since services call one another in circles. */
function peersOf(
  faces: Map<ServiceName, object>,
  instance: string,
  names: readonly ServiceName[],
  listen: Record<string, string>,
): object {
  const holder = names.find((n) => serviceEntry(n).holdsDevices)
  const face = (name: ServiceName): object => {
    const found = faces.get(name)
    if (!found) throw new PandoError('unavailable', `the service ${name} is not there`, { service: name })
    return found
  }
  const peers = {
    access: (node: string) => (node === instance && holder ? (faces.get(holder) as Face<typeof access>) : undefined),
    instances: instancesOf(listen, instance),
  }
  for (const name of serviceNames) Object.defineProperty(peers, name, { get: () => face(name), enumerable: true })
  return peers
}

function tlsOf(config: Config): TlsOptions | undefined {
  if (!config.tlsCert || !config.tlsKey) return undefined
  const read = (setting: string, path: string) => {
    try {
      return readFileSync(path)
    } catch (e) {
      throw new PandoError('config_invalid', `${setting}: cannot read ${path}: ${(e as Error).message}`, { setting }, e)
    }
  }
  return { cert: read('PANDO_TLS_CERT', config.tlsCert), key: read('PANDO_TLS_KEY', config.tlsKey), minVersion: 'TLSv1.2' }
}

async function stopAll(
  drains: (() => Promise<void> | void)[],
  stops: (() => Promise<void> | void)[],
  log: Logger,
): Promise<void> {
  const quietly = async (f: () => Promise<void> | void) => {
    try {
      await f()
    } catch (err) {
      log.error({ err }, 'stopping')
    }
  }
  const timer = new Promise<void>((done) => setTimeout(done, DRAIN_MS).unref())
  await Promise.race([Promise.all(drains.map(quietly)), timer])
  for (const f of stops.toReversed()) await quietly(f)
}
