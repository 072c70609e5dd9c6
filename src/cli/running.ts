/** The cloud that runs on the data directory, and what to do where none does. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '#contracts/registry.ts'
import { lock } from '#core/devicelog/file/lock.ts'
import { fileLogOptions } from '#core/devicelog/file/open.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { RpcClient } from '#rpc/client.ts'
import { connectRpc } from '#rpc/publish.ts'
import { type Config, readConfig } from '#src/config.ts'

/**
 * A client for the cloud that runs on this data directory; undefined if none does. `conflict` where a process has the directory
 * open and does not answer: nobody may then write behind its back.
 */
export async function findRunning(config: Config): Promise<RpcClient | undefined> {
  const client = await connectRpc(config.dataDir)
  if (client) {
    const answers = await client
      .face(registry)
      .vendors({ limit: 1 })
      .then(
        () => true,
        (e) => !isPandoError(e, 'unavailable'),
      )
    if (answers) return client
    await client.close()
  }
  await refuseIfInUse(config)
  return undefined
}

/** The lock is only tried, not kept: a `serve` that starts meanwhile must not find it taken. */
async function refuseIfInUse({ dataDir, devicelogUrl }: Config): Promise<void> {
  if (!devicelogUrl.startsWith('file:')) return
  const { dir } = fileLogOptions(devicelogUrl, dataDir)
  if (!existsSync(join(dir, 'lock'))) return
  try {
    const unlock = await lock(dir)
    await unlock()
  } catch (e) {
    if (!isPandoError(e, 'conflict')) throw e
    const message = `process ${String(e.params['pid'])} has ${dataDir} open but does not answer calls; wait until it is ready, or stop it`
    throw new PandoError('conflict', message, e.params, e)
  }
}

/** The cloud that runs on the data directory. `unavailable` if none does, saying what it is needed for. */
export async function runningCloud(env: Record<string, string | undefined>, needed: string): Promise<RpcClient> {
  const { config } = readConfig(env)
  const client = await findRunning(config)
  if (client) return client
  const message = `no cloud runs on ${config.dataDir}, and one is needed ${needed}: start it with \`pando serve\`, or set PANDO_DATA_DIR`
  throw new PandoError('unavailable', message)
}
