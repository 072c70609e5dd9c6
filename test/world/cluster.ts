/** A cloud of several clouds: each has some of the services, its own folder and its own sockets, as processes have; engines are servers. */
import { basename } from 'node:path'
import { makeLog } from '#lib/log.ts'
import { type Cloud, type Peers, startCloud } from '#src/cloud.ts'
import { engineUrl } from '../support/engines.ts'
import type { Env, Options, Running } from './running.ts'

const parts = [['registry', 'devicemanager'], ['controller', 'notifier'], ['mqttaccess', 'httpaccess'], ['apiprovider']]

export const clusterEnv = ({ env, dataDir }: Pick<Options, 'env' | 'dataDir'>): Env => {
  const place = `pando-test-${basename(dataDir)}`
  return {
    ...env,
    PANDO_CLUSTER_SECRET: 'a secret of thirty-two characters and more',
    PANDO_DEVICELOG_URL: `${engineUrl('mongodb')}/${place}`,
    PANDO_HISTORY_URL: `${engineUrl('mongodb')}/${place}`,
    PANDO_QUEUE_URL: engineUrl('nsq')!,
    PANDO_DISCOVERY_URL: `${engineUrl('etcd')}/${place}`,
  }
}

/** One of the parts, beside others. */
export function startPart(o: Options, services: readonly string[], name: string, lines: string[] = []): Promise<Cloud> {
  const log = makeLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const env = { ...clusterEnv(o), PANDO_DATA_DIR: `${o.dataDir}/${name}` }
  return startCloud({ env, services, log, ...(o.clock && { clock: o.clock }) })
}

export async function startCluster(o: Options): Promise<Running> {
  const lines: string[] = []
  const clouds: Cloud[] = []
  const stop = async () => {
    for (const c of clouds.toReversed()) await c.stop()
  }
  try {
    for (const services of parts) clouds.push(await startPart(o, services, services[0]!, lines))
  } catch (e) {
    await stop()
    throw e
  }
  const near = (i: number): Peers => clouds[i]!.peers
  return {
    listen: Object.assign({}, ...clouds.map((c) => c.listen)),
    peers: {
      registry: near(0).registry,
      devicemanager: near(0).devicemanager,
      controller: near(1).controller,
      notifier: near(1).notifier,
    },
    pid: process.pid,
    stop: async () => {
      await stop()
      return 0
    },
    kill: () => Promise.reject(new Error('only a process can be killed')),
    logged: () => lines.join(''),
  }
}
