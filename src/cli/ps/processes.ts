/** The processes of a cluster, by discovery, or the one that has the data folder. */
import { type ProcessState, processContract } from '#contracts/process.ts'
import { openDiscovery } from '#core/discovery/open.ts'
import type { Discovery } from '#core/discovery/port.ts'
import { PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { type RpcClient, rpcClient } from '#rpc/client.ts'
import { peerTls } from '#rpc/peertls.ts'
import { peerFiles } from '#src/cluster.ts'
import { type Config, readConfig } from '#src/config.ts'
import { serviceNames } from '#src/services.ts'
import { version } from '#src/version.ts'
import { runningCloud } from '../running.ts'

export interface Process {
  address: string
  /** what is known of it where it does not answer */
  instance: string
  state?: ProcessState
  error?: string
}

export interface Processes {
  list(): Promise<Process[]>
  at(address: string): RpcClient
  close(): Promise<void>
}

type Env = Record<string, string | undefined>

export async function openProcesses(env: Env): Promise<Processes> {
  const { config } = readConfig(env)
  if (config.discoveryUrl.startsWith('local:')) return alone(env)
  const { clusterSecret: secret } = config
  if (secret === undefined) throw new PandoError('config_invalid', 'PANDO_CLUSTER_SECRET must be set, as in the cluster')
  return overNetwork(config, secret)
}

async function alone(env: Env): Promise<Processes> {
  const client = await runningCloud(env, 'to ask')
  return {
    list: async () => [await answerOf(client, 'local', '')],
    at: () => client,
    close: () => client.close(),
  }
}

async function overNetwork(config: Config, secret: string): Promise<Processes> {
  const discovery = await openDiscovery(config.discoveryUrl, { log: silentLog() })
  const clients = new Map<string, RpcClient>()
  const files = peerFiles(config)
  const tls = files && peerTls(files)
  const at = (address: string): RpcClient => {
    const client = clients.get(address) ?? rpcClient({ origin: address, secret, version: version(), tls })
    clients.set(address, client)
    return client
  }
  return {
    async list() {
      const named = await addresses(discovery)
      return Promise.all([...named].map(([address, instance]) => answerOf(at(address), address, instance)))
    },
    at,
    async close() {
      for (const c of clients.values()) await c.close()
      await discovery.close()
    },
  }
}

/** Each process announces itself; a fixed list names services only. */
async function addresses(discovery: Discovery): Promise<Map<string, string>> {
  const all = await Promise.all(['process', ...serviceNames].map((s) => discovery.instances(s)))
  const found = new Map<string, string>()
  for (const { address, id } of all.flat()) if (!found.has(address)) found.set(address, id)
  return found
}

async function answerOf(client: RpcClient, address: string, instance: string): Promise<Process> {
  try {
    const state = await client.face(processContract).state({})
    return { address, instance: state.instance, state }
  } catch (e) {
    return { address, instance, error: (e as Error).message }
  }
}
