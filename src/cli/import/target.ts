/** The cloud into which is imported: the one that runs, or its registry and controller started for the moment, in this process. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract, Face } from '#contracts/contract.ts'
import { controller } from '#contracts/controller.ts'
import { registry } from '#contracts/registry.ts'
import { openDiscovery } from '#core/discovery/open.ts'
import { openLogs } from '#core/logs/open.ts'
import { sqlitePath } from '#core/registrystore/sqlite.ts'
import { PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { rpcClient } from '#rpc/client.ts'
import { peerTls } from '#rpc/peertls.ts'
import { startCloud } from '#src/cloud.ts'
import { peerFiles } from '#src/cluster.ts'
import { type Config, readConfig } from '#src/config.ts'
import { version } from '#src/version.ts'
import { findRunning } from '../running.ts'

type Env = Record<string, string | undefined>

export interface Target {
  registry: Face<typeof registry>
  controller: Face<typeof controller>
  /** who has it: `a cloud that runs`, `this process` */
  where: string
  close(): Promise<void>
}

const needed = [registry, controller] as const

export async function openTarget(env: Env): Promise<Target> {
  const { config } = readConfig(env)
  return (await running(config)) ?? (await inCluster(config)) ?? (await started(env, config))
}

/** A place to try it in, where the data directory has no registry yet: nothing is made there. → the settings, and how to end it */
export function rehearsal(env: Env): { env: Env; end: () => void } {
  const { config } = readConfig(env)
  const fresh = config.registryUrl.startsWith('sqlite:') && !existsSync(sqlitePath(config.registryUrl, config.dataDir))
  if (!fresh) return { env, end: () => {} }
  const dir = mkdtempSync(join(tmpdir(), 'pando-import-'))
  const embedded = { PANDO_REGISTRY_URL: 'sqlite:', PANDO_DEVICELOG_URL: 'file:', PANDO_HISTORY_URL: 'file:' }
  return {
    env: {
      ...env,
      ...embedded,
      PANDO_PRESENCE_URL: 'memory:',
      PANDO_QUEUE_URL: 'local:',
      PANDO_DISCOVERY_URL: 'local:',
      PANDO_DATA_DIR: dir,
    },
    end: () => rmSync(dir, { recursive: true, force: true }),
  }
}

async function running(config: Config): Promise<Target | undefined> {
  if (!config.discoveryUrl.startsWith('local:')) return undefined
  const client = await findRunning(config)
  if (!client) return undefined
  const where = `the cloud that runs on ${config.dataDir}`
  return { registry: client.face(registry), controller: client.face(controller), where, close: () => client.close() }
}

/** Services in processes of their own: both that are needed, or none; beside one of them the other would be there twice. */
async function inCluster(config: Config): Promise<Target | undefined> {
  if (config.discoveryUrl.startsWith('local:')) return undefined
  const discovery = await openDiscovery(config.discoveryUrl, { log: silentLog() })
  try {
    const found = await Promise.all(needed.map(async ({ service }) => (await discovery.instances(service))[0]?.address))
    const missing = needed.find((_, i) => found[i] === undefined)
    if (missing === undefined) return reached(config, found as string[])
    if (found.every((address) => address === undefined)) return undefined
    const message = `${missing.service} does not run, but other services of this cloud do: start it, or stop them all`
    throw new PandoError('conflict', message, { service: missing.service })
  } finally {
    await discovery.close()
  }
}

function reached(config: Config, addresses: readonly string[]): Target {
  const secret = config.clusterSecret ?? ''
  const files = peerFiles(config)
  const tls = files && peerTls(files)
  const clients = addresses.map((origin) => rpcClient({ origin, secret, version: version(), tls }))
  const face = <C extends Contract>(c: C, i: number): Face<C> => clients[i]!.face(c)
  return {
    registry: face(registry, 0),
    controller: face(controller, 1),
    where: 'the cluster that runs',
    close: async () => void (await Promise.all(clients.map((c) => c.close()))),
  }
}

async function started(env: Env, config: Config): Promise<Target> {
  const logs = await openLogs('stderr:', { level: config.logLevel === 'info' ? 'warn' : config.logLevel })
  const cloud = await startCloud({
    env,
    services: ['registry', 'devicemanager', 'controller'],
    log: logs.log,
    published: false,
  })
  return {
    registry: cloud.peers.registry,
    controller: cloud.peers.controller,
    where: config.dataDir,
    async close() {
      await cloud.stop()
      await logs.close()
    },
  }
}
