/** Services in several processes: who is where, by discovery, and how those elsewhere are called. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { access } from '#contracts/access.ts'
import type { Contract, Face } from '#contracts/contract.ts'
import { type OtherProcess, processContract } from '#contracts/process.ts'
import { openDiscovery } from '#core/discovery/open.ts'
import type { Discovery, Instance } from '#core/discovery/port.ts'
import { makeChanges } from '#lib/changes.ts'
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { anyFace } from '#rpc/any.ts'
import type { RpcClient } from '#rpc/client.ts'
import { type PeerFiles, peerTls } from '#rpc/peertls.ts'
import { originOf } from '#rpc/publish.ts'
import { checkClock } from './clockcheck.ts'
import type { Config } from './config.ts'
import { askListed } from './listed.ts'
import { makeOthers } from './others.ts'
import type { PortName, ServiceEntry } from './services.ts'
import { version } from './version.ts'

export interface Cluster {
  discovery: Discovery
  /** Calls an instance of the service, another if that is gone. */
  face(contract: Contract): object
  /** The access node of that name; undefined: it is gone. */
  access(node: string): Face<typeof access> | undefined
  /** All access nodes. */
  nodes(): string[]
  /** All processes but the one of that name. */
  processes(but: string): Promise<readonly OtherProcess[]>
  /** Resolves when there is an instance of the service. */
  present(service: string): Promise<void>
  /** Others may call it from now on. → it is no more */
  announce(
    service: string,
    id: string,
    rpc: { host: string; port: number },
    listen: string | undefined,
  ): Promise<() => Promise<void>>
  /** This process takes no new calls. */
  leave(): Promise<void>
  close(): Promise<void>
}

export interface ClusterOptions {
  config: Config
  log: Logger
  services: ReadonlyMap<string, ServiceEntry>
  /** those of this process */
  names: readonly string[]
  clock: Clock
}

const LOOK_MS = 200
const SAY_MS = 5000
const GIVE_UP_MS = 1000

/** Where devices find an access service, if not where it listens. */
const publicOf = (config: Config, service: string): string | undefined =>
  ({ mqttaccess: config.mqttaccessPublic, coapaccess: config.coapaccessPublic, xmppaccess: config.xmppaccessPublic })[service]

/** What each process has for itself: others would see nothing of it. */
const OWN: Partial<Record<PortName, string>> = { devicelog: 'file', queue: 'local' }

/** Certificates for calls between processes; undefined: none are used. */
export function peerFiles(config: Config): PeerFiles | undefined {
  const { clusterCa: ca, clusterCert: cert, clusterKey: key, discoveryUrl } = config
  if (discoveryUrl.startsWith('local:')) return undefined
  return ca !== undefined && cert !== undefined && key !== undefined ? { ca, cert, key } : undefined
}

/** undefined: all services are in one process. */
export async function openCluster(o: ClusterOptions): Promise<Cluster | undefined> {
  const { config, log, services } = o
  if (config.discoveryUrl.startsWith('local:')) return undefined
  const secret = checked(o)
  const { rpcClient } = await import('#rpc/client.ts')
  const files = peerFiles(config)
  const tls = files && peerTls(files)
  const discovery = await openDiscovery(config.discoveryUrl, { log })
  const clients = new Map<string, RpcClient>()
  const holders = new Map<string, readonly Instance[]>()
  const known = new Map<string, readonly Instance[]>()
  const withdrawals = new Set<() => Promise<void>>()
  const changes = makeChanges()

  function client(address: string): RpcClient {
    let found = clients.get(address)
    if (!found) clients.set(address, (found = rpcClient({ origin: address, secret, version: version(), tls })))
    return found
  }
  /** Who is gone does not answer any more; who took itself out has a moment for what it was asked before. */
  function giveUpSoon(service: string, id: string, address: string, into: ReadonlyMap<string, readonly Instance[]>): void {
    setTimeout(() => {
      if (!into.get(service)?.some((i) => i.id === id)) clients.get(address)?.giveUp()
    }, GIVE_UP_MS).unref()
  }
  function watch(service: string, into: Map<string, readonly Instance[]>): void {
    if (into.has(service)) return
    const changed = (list: readonly Instance[]) => {
      const before = into.get(service) ?? []
      into.set(service, list)
      changes.tell()
      for (const { id, address } of before) if (!list.some((i) => i.id === id)) giveUpSoon(service, id, address, into)
    }
    stops.push(discovery.watch(service, changed))
  }
  const stops: (() => void)[] = []
  const listed = askListed(
    () => [...holders.values()].flat(),
    (address) => client(address).face(processContract),
  )
  stops.push(listed.stop)
  for (const [name, entry] of services) if (entry.holdsDevices) watch(name, holders)
  async function close(): Promise<void> {
    for (const stop of stops) stop()
    await discovery.close()
    await Promise.all([...clients.values()].map((c) => c.close()))
  }
  try {
    const running = await Promise.all(['process', ...services.keys()].map((name) => discovery.instances(name)))
    const addresses = new Set(running.flat().map((i) => i.address))
    await checkClock([...addresses], (address) => client(address).face(processContract), o.clock)
  } catch (e) {
    await close()
    throw e
  }

  const others = makeOthers(discovery, ['process', ...services.keys()], (address) => client(address).face(processContract))
  return {
    discovery,
    processes: others,
    face(contract) {
      watch(contract.service, known)
      return anyFace(contract, {
        faces: () => (known.get(contract.service) ?? []).map((i) => client(i.address).face(contract)),
        changed: changes.next,
      })
    },
    access(node) {
      const all = [...holders.values()].flat()
      const address = all.find((i) => i.id === node)?.address ?? listed.addressOf(node)
      return address === undefined ? undefined : (client(address).face(accessOf(services, node)) as Face<typeof access>)
    },
    nodes: () => [...listed.nodes(), ...[...holders.values()].flat().flatMap((i) => (i.id === i.address ? [] : [i.id]))],
    async present(service) {
      for (let said = Number.NEGATIVE_INFINITY; (await discovery.instances(service)).length === 0; await sleep(LOOK_MS)) {
        if (performance.now() - said < SAY_MS) continue
        said = performance.now()
        log.warn({ needs: service }, 'waiting for a service that this process calls')
      }
    },
    async announce(service, id, rpc, listen) {
      const address = config.rpcPublic === undefined ? originOf(rpc, tls) : `${tls ? 'https' : 'http'}://${config.rpcPublic}`
      const told = publicOf(config, service)
      const reached = listen === undefined ? undefined : { [service.replace(/access$/, '')]: told ?? new URL(listen).host }
      const gone = await discovery.announce({ service, id, address, version: version(), ...(reached && { public: reached }) })
      withdrawals.add(gone)
      return async () => {
        if (withdrawals.delete(gone)) await gone()
      }
    },
    async leave() {
      const all = [...withdrawals]
      withdrawals.clear()
      await Promise.all(all.map((f) => f()))
    },
    close,
  }
}

/** The contract of a node: it is called by its own name. */
export function accessOf(services: ReadonlyMap<string, ServiceEntry>, node: string): Contract {
  const { contract } = [...services.values()].find((entry) => entry.holdsDevices)!
  return { ...contract!, service: `access/${node}` }
}

/** Refuses what would lose data or let strangers in. → the secret */
function checked({ config, services, names }: ClusterOptions): string {
  const wrong = (setting: string, message: string) => new PandoError('config_invalid', `${setting} ${message}`, { setting })
  if (config.clusterSecret === undefined)
    throw wrong('PANDO_CLUSTER_SECRET', 'must be set, to the same in every process, when PANDO_DISCOVERY_URL is not local:')
  const { host } = config.rpcListen
  if (config.rpcPublic === undefined && ['0.0.0.0', '::'].includes(host))
    throw wrong(
      'PANDO_RPC_PUBLIC',
      `must say where other processes reach this one, since PANDO_RPC_LISTEN is all addresses (${host})`,
    )
  for (const [port, scheme] of Object.entries(OWN) as [PortName, string][]) {
    const openers = [...services].filter(([, entry]) => entry.opens.includes(port)).map(([name]) => name)
    const elsewhere = openers.filter((name) => !names.includes(name))
    const setting = port === 'queue' ? 'PANDO_QUEUE_URL' : 'PANDO_DEVICELOG_URL'
    const url = port === 'queue' ? config.queueUrl : config.devicelogUrl
    if (elsewhere.length > 0 && elsewhere.length < openers.length && url.startsWith(`${scheme}:`))
      throw wrong(
        setting,
        `is ${scheme}:, which this process has for itself, but ${elsewhere.join(', ')} elsewhere ${elsewhere.length > 1 ? 'need' : 'needs'} the same`,
      )
  }
  return config.clusterSecret
}
