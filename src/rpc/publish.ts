/**
 * Publishes the services of this process to other processes of the same installation: address and secret lie in
 * `<data dir>/rpc.json` (0600), so that whoever may read the data directory may call.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from '#lib/log.ts'
import { processLives } from '#lib/processes.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import type { RpcClient } from './client.ts'
import { type PeerFiles, peerTls } from './peertls.ts'
import { type RpcServer, startRpcServer } from './server.ts'

const fileOf = (dataDir: string) => join(dataDir, 'rpc.json')

export interface PublishOptions {
  dataDir: string
  listen: Address
  log: Logger
  /** that of the cluster; without one it is made */
  secret?: string | undefined
  version?: string
  /** certificates for calls between processes */
  tls?: PeerFiles | undefined
}

export async function publishRpc(o: PublishOptions): Promise<RpcServer & { secret: string }> {
  const secret = o.secret ?? randomBytes(32).toString('base64url')
  const tls = o.tls && peerTls(o.tls)
  const version = o.version !== undefined && { version: o.version }
  const server = await startRpcServer({ ...o.listen, secret, log: o.log, tls, ...version })
  const files = o.tls && mapped(o.tls)
  const file = fileOf(o.dataDir)
  writeFileSync(`${file}.new`, JSON.stringify({ origin: originOf(server.address, tls), secret, pid: process.pid, tls: files }), {
    mode: 0o600,
  })
  renameSync(`${file}.new`, file)
  return {
    ...server,
    secret,
    close: async () => {
      if (published(o.dataDir)?.secret === secret) rmSync(file, { force: true })
      await server.close()
    },
  }
}

/** Whoever reads them may stand in another folder. */
const mapped = ({ ca, cert, key }: PeerFiles): PeerFiles => ({ ca: resolve(ca), cert: resolve(cert), key: resolve(key) })

export const originOf = (address: Address, tls: unknown): string => addressUrl(tls === undefined ? 'http' : 'https', address)

/** A client for the cloud that runs on this data directory, undefined if none does. */
export async function connectRpc(dataDir: string): Promise<RpcClient | undefined> {
  const found = published(dataDir)
  if (!found || !processLives(found.pid)) return undefined
  // undici takes megabytes: only who calls loads it
  const { rpcClient } = await import('./client.ts')
  return rpcClient({ origin: found.origin, secret: found.secret, tls: found.tls && peerTls(found.tls) })
}

function published(dataDir: string): { origin: string; secret: string; pid: number; tls?: PeerFiles } | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8'))
  } catch {
    return undefined
  }
}
