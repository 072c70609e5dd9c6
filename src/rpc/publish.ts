/**
 * Publishes the services of this process to other processes of the same installation: address and secret lie in
 * `<data dir>/rpc.json` (0600), so that whoever may read the data directory may call.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '#lib/log.ts'
import { processLives } from '#lib/processes.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import type { RpcClient } from './client.ts'
import { type RpcServer, startRpcServer } from './server.ts'

const fileOf = (dataDir: string) => join(dataDir, 'rpc.json')

export interface PublishOptions {
  dataDir: string
  listen: Address
  log: Logger
  /** that of the cluster; without one it is made */
  secret?: string | undefined
  version?: string
}

export async function publishRpc(o: PublishOptions): Promise<RpcServer & { secret: string }> {
  const secret = o.secret ?? randomBytes(32).toString('base64url')
  const server = await startRpcServer({ ...o.listen, secret, log: o.log, ...(o.version !== undefined && { version: o.version }) })
  const file = fileOf(o.dataDir)
  writeFileSync(`${file}.new`, JSON.stringify({ origin: addressUrl('http', server.address), secret, pid: process.pid }), {
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

/** A client for the cloud that runs on this data directory, undefined if none does. */
export async function connectRpc(dataDir: string): Promise<RpcClient | undefined> {
  const found = published(dataDir)
  if (!found || !processLives(found.pid)) return undefined
  // undici takes megabytes: only who calls loads it
  const { rpcClient } = await import('./client.ts')
  return rpcClient({ origin: found.origin, secret: found.secret })
}

function published(dataDir: string): { origin: string; secret: string; pid: number } | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8'))
  } catch {
    return undefined
  }
}
