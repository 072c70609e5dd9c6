/**
 * A cloud of several clouds: each has one of the services, its own folder and its own sockets, as processes have; engines are servers. With
 * `times` 2 there are two of each service.
 */
import { makeLog } from '#lib/log.ts'
import { type Cloud, startCloud } from '#src/cloud.ts'
import { type ServiceName, serviceNames } from '#src/services.ts'
import { elsewhere, placesOf } from './places.ts'
import type { Env, Options, Running } from './running.ts'

/** One of the parts, beside others. */
export function startPart(
  o: Options,
  services: readonly string[],
  name: string,
  lines: string[] = [],
  more: Env = {},
): Promise<Cloud> {
  const log = makeLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const env = { ...o.env, ...more, PANDO_DATA_DIR: `${o.dataDir}/${name}` }
  return startCloud({ env, services, log, ...(o.clock && { clock: o.clock }) })
}

interface Part {
  service: ServiceName
  cloud: Cloud
  order: number
}

/** Where each part listened before: a restart comes back there. */
const places = new WeakMap<Options, Map<string, Env>>()

const settings: Readonly<Record<string, string>> = {
  httpaccess: 'PANDO_HTTPACCESS_LISTEN',
  mqttaccess: 'PANDO_MQTTACCESS_LISTEN',
  coapaccess: 'PANDO_COAPACCESS_LISTEN',
  apiprovider: 'PANDO_APIPROVIDER_LISTEN',
}

/** In one process the application API's port takes it too. */
const websocket = { PANDO_MQTTACCESS_WS_LISTEN: '127.0.0.1:0' }

export async function startCluster(o: Options, times: number): Promise<Running> {
  const lines: string[] = []
  const parts: Part[] = []
  const mine = places.get(o) ?? new Map<string, Env>()
  places.set(o, mine)
  const stop = async () => {
    for (const { cloud } of parts.toReversed()) await cloud.stop()
  }
  const add = async (service: ServiceName, n: number) => {
    const name = `${service}${n}`
    const setting = settings[service]
    const free = setting === undefined ? {} : { [setting]: n === 0 ? o.env[setting]! : '127.0.0.1:0' }
    const cloud = await startPart(o, [service], name, lines, {
      ...(service === 'mqttaccess' && websocket),
      ...elsewhere(o.env, n),
      ...(mine.get(name) ?? free),
    })
    if (setting !== undefined) mine.set(name, { [setting]: new URL(cloud.listen[service]!).host })
    parts.push({ service, cloud, order: serviceNames.indexOf(service) * times + n })
  }
  try {
    // in the order of the table, whoever is up first
    const starting = serviceNames.flatMap((service) => Array.from({ length: times }, (_, n) => [service, n] as const))
    const begun = await Promise.allSettled(starting.map(([service, n]) => add(service, n)))
    const failed = begun.find((b) => b.status === 'rejected')
    if (failed) throw failed.reason
    parts.sort((a, b) => a.order - b.order)
  } catch (e) {
    await stop()
    throw e
  }
  return {
    ...placesOf(() => parts.map(({ cloud }) => cloud.listen)),
    peers: parts.at(-1)!.cloud.peers,
    pid: process.pid,
    stop: async () => {
      await stop()
      return 0
    },
    stopService: async (service) => {
      const [part] = parts.splice(
        parts.findIndex((p) => p.service === service),
        1,
      )
      await part!.cloud.stop()
    },
    kill: () => Promise.reject(new Error('only a process can be killed')),
    logged: () => lines.join(''),
  }
}
