/**
 * Many cores on one machine: MQTT is spoken by several processes on one address, which the system deals connections out to. They are children
 * of the one that has the engines, each a node and a log stream of its own, and reach it as processes of a cluster reach one another.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import { processContract } from '#contracts/process.ts'
import { listen } from '#lib/listen.ts'
import type { Logger } from '#lib/log.ts'
import type { Check } from '#lib/ops.ts'
import { processLives } from '#lib/processes.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { accessOf } from './cluster.ts'
import { type Config, settings } from './config.ts'
import { type Member, makeMember } from './crewmember.ts'
import type { ServiceEntry } from './services.ts'

export interface Crew {
  /** The node of that name; undefined: it is gone. */
  access(node: string): Face<typeof access> | undefined
  /** → what is listened on, by name */
  start(): Promise<Record<string, string>>
  /** devices that they hold */
  connections(): number
  nodes(): string[]
  check(): Check
  /** What each of them counts. */
  metrics(): Promise<(readonly object[])[]>
  drain(): Promise<void>
  stop(): void
}

export interface CrewOptions {
  config: Config
  env: Record<string, string | undefined>
  services: ReadonlyMap<string, ServiceEntry>
  /** of this process, which they call */
  rpc: { address: Address; secret: string }
  log: Logger
}

const SERVICE = 'mqttaccess'
/** Children of a process that was killed end by themselves within this time. */
const ORPHANS_MS = 6000

export function makeCrew(o: CrewOptions): Crew {
  const { config, services } = o
  const folder = join(config.dataDir, 'access')
  const members: Member[] = []
  const up = () => members.flatMap((m) => m.up ?? [])

  async function addresses(): Promise<Record<string, Address>> {
    const wanted = { MQTTACCESS_LISTEN: config.mqttaccessListen, MQTTACCESS_LEGACY_TLS_LISTEN: config.mqttaccessLegacyTlsListen }
    const found: Record<string, Address> = {}
    for (const [name, address] of Object.entries(wanted)) if (address) found[name] = await unshared(address)
    return found
  }

  return {
    access(node) {
      const found = up().find((m) => m.state.nodes.includes(node))
      return found && (found.client.face(accessOf(services, node)) as Face<typeof access>)
    },
    async start() {
      await orphansGone(folder)
      const taken = await addresses()
      for (let n = 1; n <= config.accessProcesses; n++) members.push(memberOf(o, join(folder, String(n)), String(n), taken))
      await Promise.all(members.map((m) => m.start()))
      const { MQTTACCESS_LISTEN: usual, MQTTACCESS_LEGACY_TLS_LISTEN: legacy } = taken
      return {
        mqttaccess: addressUrl('mqtt', usual!),
        ...(legacy && { mqttaccessLegacyTls: addressUrl('mqtts', legacy) }),
      }
    },
    connections: () => up().reduce((sum, m) => sum + m.state.connections, 0),
    nodes: () => up().flatMap((m) => m.state.nodes),
    check() {
      const there = up().length
      const detail = there < members.length && `${there} of ${members.length} are there`
      return { name: 'access processes', ok: there > 0, ...(detail && { detail }) }
    },
    async metrics() {
      const answers = await Promise.allSettled(up().map((m) => m.client.face(processContract).metrics({})))
      return answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value.items as object[]] : []))
    },
    drain: async () => void (await Promise.all(members.map((m) => m.stop()))),
    stop() {
      for (const m of members) m.kill()
    },
  }
}

/** Nobody else listens there, and will: a port that is shared is shared with whoever asks. → with the port, if any would do */
async function unshared(address: Address): Promise<Address> {
  const alone = await listen({ address, onSocket: (socket) => socket.destroy() })
  await alone.close()
  return alone.address
}

/** What a member has not to know it is not told: keys, engines, plugins. */
const OWN = [
  'dataDir',
  'registryUrl',
  'devicelogUrl',
  'historyUrl',
  'presenceUrl',
  'queueUrl',
  'discoveryUrl',
  'plugins',
] as const
const KEYS = ['aesKey', 'masterKey', 'clusterSecret', 'clusterCa', 'clusterCert', 'clusterKey', 'adminPasswordFile'] as const
const LISTENERS = ['rpcPublic', 'mqttaccessWsListen', 'accessProcesses'] as const
const untold = new Set<string>([...OWN, ...KEYS, ...LISTENERS].map((name) => settings[name].env))

function memberOf(o: CrewOptions, dataDir: string, name: string, taken: Record<string, Address>): Member {
  const { config, services, rpc, log } = o
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const known = new Set<string>(Object.values(settings).map((s) => s.env))
  const told = Object.entries(o.env).filter(([key]) => !key.startsWith('PANDO_') || (known.has(key) && !untold.has(key)))
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[rpc.address.host] ?? rpc.address.host
  const origin = addressUrl('http', { host, port: rpc.address.port })
  const here = [...services].flatMap(([service, entry]) =>
    entry.contract && !entry.holdsDevices ? [`${service}=${origin}`] : [],
  )
  const env = {
    ...Object.fromEntries(told),
    PANDO_DATA_DIR: dataDir,
    PANDO_DISCOVERY_URL: `static:${here.join(';')}`,
    PANDO_CLUSTER_SECRET: rpc.secret,
    PANDO_RPC_LISTEN: '127.0.0.1:0',
    PANDO_OPS_LISTEN: '127.0.0.1:0',
    PANDO_MQTTACCESS_SHARE_PORT: 'true',
    PANDO_TLS_MAX_HANDSHAKES: String(Math.ceil(config.tlsMaxHandshakes / config.accessProcesses)),
    ...Object.fromEntries(Object.entries(taken).map(([key, a]) => [`PANDO_${key}`, addressUrl('tcp', a).slice('tcp://'.length)])),
  }
  return makeMember({ name, services: [SERVICE], env, dataDir, secret: rpc.secret, log })
}

async function orphansGone(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lives = () => readdirSync(folder).some((name) => pidOf(join(folder, name, 'rpc.json')))
  for (const end = performance.now() + ORPHANS_MS; performance.now() < end && lives(); ) await sleep(50)
}

const pidOf = (file: string): boolean => {
  try {
    return processLives(JSON.parse(readFileSync(file, 'utf8')).pid)
  } catch {
    return false
  }
}
