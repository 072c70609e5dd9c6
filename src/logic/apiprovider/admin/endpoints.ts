/** Where devices and applications reach the cloud, and lines to paste. */
import type { systemRoutes } from '#contracts/admin/system.ts'
import { snippets } from '#lib/snippets.ts'
import type { Handlers, Parts } from './call.ts'
import type { ModelCache } from './modelcache.ts'
import { reachOf } from './reach.ts'
import { wholeOf } from './whole.ts'

type Told = Pick<Handlers<typeof systemRoutes>, 'GET /endpoints' | 'GET /products/{id}/snippets'>

const ANY = new Set(['0.0.0.0', '[::]'])

export interface EndpointParts extends Parts {
  models: ModelCache
  /** `host:port` told to devices that log in, where one was set */
  mqttPublic: string | undefined
}

export function endpoints({ peers, about, models, mqttPublic }: EndpointParts): Told {
  const reach = reachOf(peers)

  /** What listens on all addresses of the machine is reached by the name with which the caller has reached it. */
  const reachable = (url: string, host: string): string => {
    const u = new URL(url)
    return ANY.has(u.hostname) ? `${u.protocol}//${host}${u.port && `:${u.port}`}` : url
  }
  const listed = async (host: string) => {
    const { listen } = await wholeOf({ about, peers })
    return Object.entries(listen).map(([name, url]) => ({ name, url: reachable(url, host) }))
  }

  return {
    'GET /endpoints': async ({ caller }) => ({
      items: (await listed(caller.host)).flatMap(({ name, url }) => {
        if (name === 'ops') return []
        const announced = name.startsWith('mqtt') && mqttPublic !== undefined ? `${new URL(url).protocol}//${mqttPublic}` : url
        return [{ name, url: announced, tls: caller.secure, announced: name.startsWith('mqtt') }]
      }),
    }),
    'GET /products/{id}/snippets': async ({ params, query, scope, caller }) => {
      const product = await reach.product(params.id, scope)
      const at = Object.fromEntries((await listed(caller.host)).map(({ name, url }) => [name, url]))
      const mqtt = new URL(mqttPublic === undefined ? (at['mqttaccess'] ?? `mqtt://${caller.host}:1883`) : `mqtt://${mqttPublic}`)
      const facts = {
        devices: at['httpaccess'] ?? `http://${caller.host}:8080`,
        mqtt: { host: mqtt.hostname, port: Number(mqtt.port || 1883) },
        productKey: product.key,
        serial: query.serial ?? 'my-device-1',
        model: await models(product.id, product.modelVersion),
        program: 'pando',
      }
      return { items: snippets(facts, query.tool && [query.tool]) }
    },
  }
}
