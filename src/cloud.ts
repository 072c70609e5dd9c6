/** The composition root: opens engines, starts services, wires them, stops them. Also the embedding API. */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { Contract, Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { notifier } from '#contracts/notifier.ts'
import { processContract } from '#contracts/process.ts'
import type { registry } from '#contracts/registry.ts'
import type { EngineHealth } from '#core/health.ts'
import type { Logs } from '#core/logs/port.ts'
import { expectRestored } from '#lib/backup/restoring.ts'
import { spaceOf } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import { makeLoad } from '#lib/load.ts'
import { type Logger, recentLines, silentLog } from '#lib/log.ts'
import { makeMetrics, summed } from '#lib/metrics.ts'
import { type Check, startOps } from '#lib/ops.ts'
import { type Clock, type EngineFacts, type ProcessFacts, systemClock } from '#lib/service.ts'
import { addressUrl } from '#lib/settings.ts'
import { type CertificateStore, certificateStore, tlsOptions } from '#lib/tls.ts'
import { publishRpc } from '#rpc/publish.ts'
import { accessOf, openCluster, peerFiles } from './cluster.ts'
import { type Config, readConfig } from './config.ts'
import { type Crew, type CrewOptions, makeCrew } from './crew.ts'
import { type Opening, openPort, schemeOf } from './engines.ts'
import { peersOf } from './peers.ts'
import { loadPlugins, type Plugged, type Plugin } from './plugins.ts'
import { stateOf } from './processstate.ts'
import { type Publishing, portsAtStart, type Running, runService, takeTurns, type Whole } from './running.ts'
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
  /** Reads the files of certificates again, as happens by itself within seconds when they change. */
  reload(): void
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
  const { codecs, actions, hooks, services } = plugged
  const published = o.published ?? true
  const metrics = makeMetrics({ process: true })
  const http = httpListeners()
  stops.push(() => http.close())
  const certificates = certificatesOf(config, clock, log)
  stops.push(() => certificates?.stop())
  const tls = certificates && tlsOptions(certificates, config.tlsMinVersion, config.tlsMaxHandshakes)
  const entries = new Map(names.map((name) => [name, services.get(name)!]))
  const cluster = published ? await openCluster({ config, log, services, names, clock }) : undefined
  stops.push(() => cluster?.close())
  const opening = { config, log, clock, engines: plugged.engines, waits: published }
  const ports: Partial<Ports> = {}
  for (const entry of entries.values()) await openPorts(portsAtStart(entry, cluster !== undefined), ports, opening, stops)
  const readiness = new Set<() => Check>()
  const around = { ...(cluster && { discovery: cluster.discovery }), ...(o.logs && { logs: o.logs }) }
  o.logs?.onDropped((count) => metrics.pando_log_lines_dropped_total.inc(count))
  const faces = new Map<string, object>()
  const rpc = published
    ? await publishRpc({
        dataDir: config.dataDir,
        listen: config.rpcListen,
        log,
        secret: config.clusterSecret,
        version: version(),
        tls: peerFiles(config),
      })
    : undefined
  stops.push(() => rpc?.close())
  const crew = rpc && crewOf({ config, env: o.env ?? {}, services, rpc, log }, names)
  stops.push(() => crew?.stop())
  const listen: Record<string, string> = {}
  const nodes = nodesOf(entries, instance)
  const nameOf = (name: string) => nodes.get(name) ?? instance
  const peers = peersOf({ faces, instance, nodes, listen, services, cluster, crew })
  const load = makeLoad(clock)
  stops.push(load.stop)
  const about: ProcessFacts = {
    instance,
    version: version(),
    startedAt: clock.now(),
    services: names,
    listen: () => listen,
    checks: () => [...portChecks({ ...ports, ...around }), ...[...readiness].map((f) => f())],
    settings: () => shownSettings(o.env ?? {}, plugged.settings),
    engines: () => engineFacts(ports, [...entries], config),
    logged: () => recentLines(log),
    disk: () => spaceOf(config.dataDir),
    load,
  }
  const withdrawals = new Map<string, () => Promise<void>>()
  const leaves: ((perSecond: number) => void)[] = []
  let draining = false
  const publishing: Publishing = {
    async publish(name, entry, started) {
      Object.assign(listen, started.listen)
      const contract = entry.holdsDevices ? accessOf(services, nameOf(name)) : entry.contract
      if (started.face && entry.contract && contract) {
        const face = started.face as Face<Contract>
        faces.set(name, o.calls === 'encoded' ? (await import('#rpc/encoded.ts')).encodedFace(entry.contract, face) : face)
        if (cluster || !entry.holdsDevices) rpc?.serve(contract, face)
      }
      // a node that is being emptied is still called for the devices that it has
      const reached = draining ? undefined : listen[name]
      if (cluster && rpc) withdrawals.set(name, await cluster.announce(name, nameOf(name), rpc.address, reached))
    },
    async withdraw(name, entry) {
      faces.delete(name)
      const answered = entry.contract && rpc?.withdraw(entry.contract)
      await withdrawals.get(name)?.()
      withdrawals.delete(name)
      await answered
    },
  }

  /** Others do the work of this process from now on. */
  async function leave(perSecond: number): Promise<void> {
    if (draining || !cluster || !rpc) return
    draining = true
    log.warn({ perSecond }, 'this process is being emptied')
    readiness.add(() => ({ name: 'process', ok: false, detail: 'it is being emptied (pando drain)' }))
    for (const [name, withdraw] of withdrawals) {
      if (entries.get(name)?.holdsDevices)
        withdrawals.set(name, await cluster.announce(name, nameOf(name), rpc.address, undefined))
      else await withdraw()
    }
    for (const f of leaves) f(perSecond)
  }

  const state = stateOf(about, { nodes: [...nodes.values()], metrics, draining: () => draining, now: clock.now, crew })
  rpc?.serve(processContract, {
    state,
    metrics: async () => ({ items: [...(await metrics.values())] }),
    async drain({ perSecond }) {
      if (!cluster) throw new PandoError('invalid', 'the whole cloud is in this process: nobody else could do its work')
      await leave(perSecond)
      return {}
    },
  } satisfies Face<typeof processContract>)
  if (cluster && rpc) await cluster.announce('process', instance, rpc.address, undefined)
  const common = {
    config,
    log,
    metrics,
    peers,
    http,
    ...(tls && { tls }),
    clock,
    codecs,
    actions,
    ...(hooks && { hooks }),
    about,
  }
  const whole: Whole = { common, publishing, ports, readiness, opening, leaves, nameOf }
  for (const [name, entry] of entries) {
    for (const called of cluster ? entry.calls.filter((c) => !names.includes(c)) : []) await cluster!.present(called)
    const run = cluster && entry.alone ? takeTurns : runService
    const running: Running = await run(whole, name, entry)
    stops.push(running.stop)
    drains.push(running.drain)
  }
  if (crew) {
    Object.assign(listen, await crew.start())
    readiness.add(crew.check)
    drains.push(crew.drain)
  }
  drains.push(async () => {
    await cluster?.leave()
    if (cluster) await rpc?.idle()
  })
  drains.push(() => http.stopAccepting())
  if (published) {
    const address = config.opsListen ?? { host: '127.0.0.1', port: isWhole(names) ? 9090 : 0 }
    const text = async () => (crew ? summed([await metrics.values(), ...(await crew.metrics())]) : metrics.text())
    const ops = await startOps({ address, metrics: { ...metrics, text }, checks: () => [...about.checks()] })
    stops.push(() => ops.close())
    listen['ops'] = addressUrl('http', ops.address)
  }
  await ports.queue?.hearing()
  log.info({ instance, listen }, 'ready')
  return { listen, peers: peers as unknown as Peers, config, reload: () => certificates?.reload(), stop }
}

/** undefined: this process speaks MQTT itself, or nobody here does. */
const crewOf = (o: CrewOptions, names: readonly string[]): Crew | undefined =>
  o.config.accessProcesses > 1 && names.includes('mqttaccess') ? makeCrew(o) : undefined

/** The whole cloud, whatever plugins add to it. */
const isWhole = (names: readonly string[]): boolean => serviceNames.every((name) => names.includes(name))

function chosen(wanted: readonly string[] | undefined, possible: readonly string[]): readonly string[] {
  if (!wanted || wanted.length === 0) return possible
  const unknown = wanted.find((name) => !possible.includes(name))
  if (unknown) throw new PandoError('config_invalid', `there is no service ${unknown}; there are ${possible.join(', ')}`)
  return possible.filter((name) => wanted.includes(name))
}

async function openPorts(
  wanted: readonly PortName[],
  ports: Partial<Record<PortName, unknown>>,
  opening: Opening,
  stops: (() => Promise<void> | void)[],
): Promise<void> {
  for (const port of wanted) {
    if (ports[port]) continue
    const engine = await openPort(port, opening)
    ports[port] = engine
    stops.push(() => engine.close())
  }
}

const portChecks = (ports: Record<string, { health(): EngineHealth }>): Check[] =>
  Object.entries(ports).map(([name, engine]) => {
    const h = engine.health()
    return { name, ok: h.state !== 'down', state: h.state, since: h.since, ...(h.error && { detail: h.error }) }
  })

function engineFacts(ports: Partial<Ports>, entries: readonly [string, ServiceEntry][], config: Config): EngineFacts[] {
  return (Object.entries(ports) as [PortName, Ports[PortName]][]).map(([port, engine]) => ({
    port,
    scheme: schemeOf(port, config),
    affects: entries.filter(([, entry]) => (entry.opens as readonly string[]).includes(port)).map(([name]) => name),
    ...engine.health(),
  }))
}

/** The services that hold devices, each a node of its own name: by this name it is called. */
const nodesOf = (entries: ReadonlyMap<string, ServiceEntry>, instance: string): Map<string, string> =>
  new Map([...entries].filter(([, entry]) => entry.holdsDevices).map(([name]) => [name, `${instance}.${name}`]))

function certificatesOf(config: Config, clock: Clock, log: Logger): CertificateStore | undefined {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa, tlsClientCrl: clientCrl } = config
  return cert && key && certificateStore({ cert, key, clientCa, clientCrl }, clock, log)
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
