/** The registry to talk to: that of the cloud that runs on the data directory, else one started for the moment. */
import type { Face } from '#contracts/contract.ts'
import { notifier } from '#contracts/notifier.ts'
import { registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { readConfig } from '#src/config.ts'
import { findRunning } from './running.ts'

export interface Opened {
  registry: Face<typeof registry>
  /** only a running cloud has one. Throws `unavailable`. */
  notifier(): Face<typeof notifier>
  close(): Promise<void>
}

/**
 * Opens for one change: a running cloud sees it at once, and a cloud may start between two of them. Without one, only the registry
 * is started, in this process, listening nowhere.
 */
export async function openRegistry(env: Record<string, string | undefined>): Promise<Opened> {
  const { config } = readConfig(env)
  const client = await findRunning(config)
  if (client) {
    return { registry: client.face(registry), notifier: () => client.face(notifier), close: () => client.close() }
  }
  const { openLogs } = await import('#core/logs/open.ts')
  const { startCloud } = await import('#src/cloud.ts')
  const logs = await openLogs(config.logUrl, { level: config.logLevel === 'info' ? 'warn' : config.logLevel })
  const cloud = await startCloud({ env, services: ['registry'], log: logs.log, published: false })
  return {
    registry: cloud.peers.registry,
    notifier() {
      throw new PandoError('unavailable', `no cloud runs on ${config.dataDir}: start it with \`pando serve\``)
    },
    async close() {
      await cloud.stop()
      await logs.close()
    },
  }
}

/** Opens, does one thing, closes. */
export async function withRegistry<T>(env: Record<string, string | undefined>, work: (o: Opened) => Promise<T>): Promise<T> {
  const opened = await openRegistry(env)
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
