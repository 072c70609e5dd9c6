/** The composition root: opens engines, starts services, wires them, stops them. Also the embedding API. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import type { access } from '#contracts/access.ts'
import type { Contract, Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { notifier } from '#contracts/notifier.ts'
import { processContract } from '#contracts/process.ts'
import type { registry } from '#contracts/registry.ts'
import type { EngineHealth } from '#core/health.ts'
import type { Logs } from '#core/logs/port.ts'
import { expectRestored } from '#lib/backup/restoring.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import type { TlsOptions } from '#lib/listen.ts'
import { type Logger, recentLines, silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { type Check, startOps } from '#lib/ops.ts'
import { type Clock, type EngineFacts, type ProcessFacts, type Started, systemClock } from '#lib/service.ts'
import { addressUrl } from '#lib/settings.ts'
import { encodedFace } from '#rpc/encoded.ts'
import { publishRpc } from '#rpc/publish.ts'
import { accessOf, type Cluster, openCluster } from './cluster.ts'
import { type Config, readConfig } from './config.ts'
import { type Opening, openPort, schemeOf } from './engines.ts'
import { loadPlugins, type Plugged, type Plugin } from './plugins.ts'
import { type PortName, type Ports, type ServiceEntry, serviceNames } from './services.ts'
import { shownSettings } from './shownsettings.ts'
import { version } from './version.ts'

export interface CloudOptions {
  /** environment to read settings from; `process.env` is never read here */
  env?: Record<string, string | undefined>
  /** which services; all, those of plugins too, when absent */
  services?: readonly string[]
  /** besides those that PANDO_PLUGINS names */
  plugins?: readonly Plugin[]
  log?: Logger
  /** where its lines go, instead of `log`: then its state and what it loses are told too */
  logs?: Logs
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
  const env = o.env ?? {}
  const log = o.logs?.log ?? o.log ?? silentLog()
  const clock = o.clock ?? systemClock
  const plugged = await loadPlugins({ env, plugins: o.plugins ?? [], log, clock })
  const stops: (() => Promise<void> | void)[] = [plugged.stop]
  const drains: (() => Promise<void> | void)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= stopAll(drains, stops, log))
  try {
    const { config } = readConfig(env, plugged.settings)
    const names = chosen(o.services, [...plugged.services.keys()])
    const instance = `${isWhole(names) ? 'pando' : names.join('+')}-${randomUUID().slice(0, 8)}`
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    expectRestored(config.dataDir)
    return await startAll({ o, config, log, clock, plugged, names, instance, stops, drains, stop })
  } catch (e) {
    await stop()
    throw e
  }
}

interface Starting {
  o: CloudOptions
  config: Config
  log: Logger
  clock: Clock
  plugged: Plugged
  names: readonly string[]
  instance: string
  stops: (() => Promise<void> | void)[]
  drains: (() => Promise<void> | void)[]
  stop: () => Promise<void>
}

async function startAll(s: Starting): Promise<Cloud> {
  const { o, config, log, clock, plugged, names, instance, stops, drains, stop } = s
  const { codecs, actions, hooks } = plugged
  const metrics = makeMetrics({ process: true })
  const http = httpListeners()
  stops.push(() => http.close())
  const tls = tlsOf(config)
  const entries = new Map(names.map((name) => [name, plugged.services.get(name)!]))
  const { services } = plugged
  const cluster = (o.published ?? true) ? await openCluster({ config, log, services, names }) : undefined
  stops.push(() => cluster?.close())
  const opening = { config, log, clock, engines: plugged.engines, waits: o.published ?? true }
  const ports = await openPorts([...entries.values()], opening, stops)
  const readiness: (() => Check)[] = portChecks({
    ...ports,
    ...(cluster && { discovery: cluster.discovery }),
    ...(o.logs && { logs: o.logs }),
  })
  o.logs?.onDropped((count) => metrics.pando_log_lines_dropped_total.inc(count))
  const faces = new Map<string, object>()
  const published = o.published ?? true
  const rpc = published
    ? await publishRpc({
        dataDir: config.dataDir,
        listen: config.rpcListen,
        log,
        secret: config.clusterSecret,
        version: version(),
      })
    : undefined
  stops.push(() => rpc?.close())
  const listen: Record<string, string> = {}
  const nodes = nodesOf(entries, instance)
  const peers = peersOf({ faces, instance, nodes, listen, services, cluster })
  const about: ProcessFacts = {
    version: version(),
    startedAt: clock.now(),
    services: names,
    listen: () => listen,
    checks: () => readiness.map((f) => f()),
    settings: () => shownSettings(o.env ?? {}, plugged.settings),
    engines: () => engineFacts(ports, [...entries], config),
    logged: () => recentLines(log),
  }

  rpc?.serve(processContract, stateOf(about))
  for (const [name, entry] of entries) {
    for (const called of cluster ? entry.calls.filter((c) => !names.includes(c)) : []) await cluster!.present(called)
    const started: Started = await (await entry.load()).start({
      config,
      log: log.child({ service: name }),
      metrics,
      instance: nodes.get(name) ?? instance,
      ports,
      peers,
      http,
      ...(tls && { tls }),
      clock,
      codecs,
      actions,
      ...(hooks && { hooks }),
      about,
      onStop: (f) => stops.push(f),
      onDrain: (f) => drains.push(f),
      readiness: (check, f) => readiness.push(() => ({ name: `${name}: ${check}`, ...asCheck(f()) })),
    })
    Object.assign(listen, started.listen)
    const node = nodes.get(name)
    if (cluster && rpc) await cluster.announce(name, node ?? instance, rpc.address, listen[name])
    if (!started.face || !entry.contract) continue
    faces.set(
      name,
      o.calls === 'encoded' ? encodedFace(entry.contract as Contract, started.face as Face<Contract>) : started.face,
    )
    if (node === undefined) rpc?.serve(entry.contract, started.face)
    else if (cluster) rpc?.serve(accessOf(services, node), started.face)
  }
  drains.push(() => cluster?.leave())
  drains.push(() => http.stopAccepting())
  if (published) {
    const address = config.opsListen ?? { host: '127.0.0.1', port: isWhole(names) ? 9090 : 0 }
    const ops = await startOps({ address, metrics, checks: () => [...about.checks()] })
    stops.push(() => ops.close())
    listen['ops'] = addressUrl('http', ops.address)
  }
  log.info({ instance, listen }, 'ready')
  return { listen, peers: peers as unknown as Peers, config, stop }
}

const stateOf = (about: ProcessFacts): Face<typeof processContract> => ({
  state: async () => ({
    version: about.version,
    pid: process.pid,
    startedAt: about.startedAt,
    listen: { ...about.listen() },
    checks: about.checks().map(({ name, ok, detail, state }) => ({
      name,
      ok,
      ...(detail !== undefined && { detail }),
      ...(state !== undefined && { state }),
    })),
  }),
})

/** The whole cloud, whatever plugins add to it. */
const isWhole = (names: readonly string[]): boolean => serviceNames.every((name) => names.includes(name))

function chosen(wanted: readonly string[] | undefined, possible: readonly string[]): readonly string[] {
  if (!wanted || wanted.length === 0) return possible
  const unknown = wanted.find((name) => !possible.includes(name))
  if (unknown) throw new PandoError('config_invalid', `there is no service ${unknown}; there are ${possible.join(', ')}`)
  return possible.filter((name) => wanted.includes(name))
}

async function openPorts(
  entries: readonly ServiceEntry[],
  opening: Opening,
  stops: (() => Promise<void> | void)[],
): Promise<Ports> {
  const ports: Partial<Record<PortName, unknown>> = {}
  for (const { opens } of entries) {
    for (const port of opens) {
      if (ports[port]) continue
      const engine = await openPort(port, opening)
      ports[port] = engine
      stops.push(() => engine.close())
    }
  }
  return ports as Ports
}

function portChecks(ports: Record<string, { health(): EngineHealth }>): (() => Check)[] {
  return Object.entries(ports).map(([name, engine]) => () => {
    const h = engine.health()
    return { name, ok: h.state !== 'down', state: h.state, since: h.since, ...(h.error && { detail: h.error }) }
  })
}

function engineFacts(ports: Ports, entries: readonly [string, ServiceEntry][], config: Config): EngineFacts[] {
  return (Object.entries(ports) as [PortName, Ports[PortName]][]).map(([port, engine]) => ({
    port,
    scheme: schemeOf(port, config),
    affects: entries.filter(([, entry]) => (entry.opens as readonly string[]).includes(port)).map(([name]) => name),
    ...engine.health(),
  }))
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

/** The services that hold devices, each a node of its own name: by this name it is called. */
const nodesOf = (entries: ReadonlyMap<string, ServiceEntry>, instance: string): Map<string, string> =>
  new Map([...entries].filter(([, entry]) => entry.holdsDevices).map(([name]) => [name, `${instance}.${name}`]))

interface Parts {
  faces: ReadonlyMap<string, object>
  instance: string
  nodes: ReadonlyMap<string, string>
  listen: Record<string, string>
  services: ReadonlyMap<string, ServiceEntry>
  cluster: Cluster | undefined
}

/** Faces are looked up when they are called, since services call one another in circles. */
function peersOf({ faces, instance, nodes, listen, services, cluster }: Parts): object {
  const holders = new Map([...nodes].map(([name, node]) => [node, name]))
  const far = new Map<string, object>()
  const face = (name: string): object => {
    const near = faces.get(name) ?? far.get(name)
    if (near) return near
    const contract = nodes.has(name) ? undefined : services.get(name)?.contract
    if (!cluster || !contract) throw new PandoError('unavailable', `the service ${name} is not there`, { service: name })
    const found = cluster.face(contract)
    far.set(name, found)
    return found
  }
  const peers = {
    access: (node: string) => (faces.get(holders.get(node) ?? '') as Face<typeof access> | undefined) ?? cluster?.access(node),
    instances: cluster ? (service: string) => cluster.discovery.instances(service) : instancesOf(listen, instance),
  }
  for (const name of services.keys()) Object.defineProperty(peers, name, { get: () => face(name), enumerable: true })
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
