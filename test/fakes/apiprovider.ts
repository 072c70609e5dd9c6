/** apiprovider with real sockets before faces that the test gives. */
import type { Application, Device } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import { type Logger, silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { type Clock, systemClock } from '#lib/service.ts'
import { type ApplicationPeers as Faces, type Peers, start } from '#logic/apiprovider/service.ts'
import { readConfig } from '#src/config.ts'

export interface ApiOptions {
  applications: Application[]
  /** by device key as well */
  devices: (Device & { key?: string })[]
  controller?: Partial<Faces['controller']>
  registry?: Partial<Faces['registry']>
  env?: Record<string, string>
  log?: Logger
  clock?: Clock
}

export interface Api {
  base: string
  metrics: ReturnType<typeof makeMetrics>
  /** how often the registry was asked, by method */
  asked: Record<string, number>
  bell(b: RegistryBell): void
  stop(): Promise<void>
}

const none = (): Promise<never> => Promise.reject(new PandoError('unavailable', 'no controller here'))

export const application = (id: number, key: string, domain = '*'): Application => ({
  id,
  key,
  domain,
  name: `application ${id}`,
  description: '',
  reportUrl: '',
  reportToken: '',
  tags: ['event'],
  signingSecret: '',
  paused: false,
  pausedAt: 0,
  keyRotatedAt: 0,
  secretRotatedAt: 0,
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
})

export const device = (id: number, identifier: string, key?: string): Device & { key?: string } => {
  const [vendor = '', product = '', ...code] = identifier.split('-')
  return {
    id,
    identifier,
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16),
    code: code.join('-'),
    name: product === '2' ? 'rich product' : 'docs product',
    description: 'every value type',
    version: '1.0.0',
    modelVersion: 1,
    createdAt: 0,
    updatedAt: 0,
    ...(key !== undefined && { key }),
  }
}

const HEX_KEY = /^[0-9a-f]{64}$/

type LookUps = Pick<Faces['registry'], 'applicationByKey' | 'deviceByIdentifier' | 'deviceByKey'>

export function fakeRegistry({ applications, devices }: Pick<ApiOptions, 'applications' | 'devices'>): LookUps {
  const checked = (key: string) => {
    if (!HEX_KEY.test(key)) throw new PandoError('key_invalid', 'invalid key format.')
  }
  return {
    async applicationByKey({ key }) {
      checked(key)
      const found = applications.find((a) => a.key === key)
      if (!found) throw new PandoError('application_unknown', 'application not found')
      return found
    },
    async deviceByIdentifier({ identifier }) {
      const found = devices.find((d) => d.identifier === identifier)
      if (!found) throw new PandoError('device_unknown', 'device not found')
      return found
    },
    async deviceByKey({ key }) {
      checked(key)
      const found = devices.find((d) => d.key === key)
      if (!found) throw new PandoError('device_unknown', 'device not found')
      return found
    },
  }
}

type Method = (input: unknown) => Promise<unknown>
type Handler = (b: RegistryBell) => void

function counted(asked: Record<string, number>, name: string, f: Method): Method {
  return (input) => {
    asked[name] = (asked[name] ?? 0) + 1
    return f(input)
  }
}

function listening(handlers: Set<Handler>, f: Handler): () => void {
  handlers.add(f)
  return () => handlers.delete(f)
}

export async function startApi(o: ApiOptions): Promise<Api> {
  const asked: Record<string, number> = {}
  const lists = { applications: none, products: none, devicesById: none, model: none }
  const registry: Faces['registry'] = { ...lists, ...fakeRegistry(o), ...o.registry }
  for (const [name, f] of Object.entries(registry)) Object.assign(registry, { [name]: counted(asked, name, f as Method) })
  const controller = {
    latest: none,
    ask: none,
    setStatus: none,
    desired: none,
    setDesired: none,
    command: none,
    records: none,
    series: none,
    saveRule: none,
    ...o.controller,
  }
  const handlers = new Set<Handler>()
  const http = httpListeners()
  const metrics = makeMetrics()
  const stops: (() => Promise<void> | void)[] = [() => http.close()]
  const { listen } = await start({
    config: readConfig({ PANDO_APIPROVIDER_LISTEN: '127.0.0.1:0', ...o.env }).config,
    log: o.log ?? silentLog(),
    metrics,
    instance: 'test',
    ports: {
      devicelog: { read: async () => [], streams: async () => [] },
      queue: { listen: (_topic, _name, f) => listening(handlers, f as Handler) },
    },
    peers: { registry, controller } as unknown as Peers,
    http,
    clock: o.clock ?? systemClock,
    onStop: (f) => stops.push(f),
    onDrain: () => {},
    readiness: () => {},
  })
  return {
    base: listen!['apiprovider']!,
    metrics,
    asked,
    bell: (b) => handlers.forEach((f) => void f(b)),
    async stop() {
      for (const f of stops.toReversed()) await f()
    },
  }
}
