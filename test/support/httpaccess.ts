/** The device API on a registry, a device manager and a controller of the test. */
import { connect } from 'node:net'
import { type Config, start } from '#access/httpaccess/service.ts'
import type { Announced } from '#access/shared/accesspoints.ts'
import { causeOf } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { eachRecord, RECORD_HEADER, recordHead } from '#core/devicelog/batch.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import type { TlsOptions } from '#lib/listen.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { testClock } from './testclock.ts'

export const PRODUCT_KEY = '0fc8b4f2c696d6e245926b6ca1a7bc55a790777575fe9bb56d21eecc24bb64c9'
export const SECRET = '1yttzy5tEP76Leu55qF/tYaL780ZMISp'
export const TOKEN = '6278779577d0f41b467e5e321532a903'

const device = (id: number, code: string, version: string): Device => ({
  id,
  productId: 1,
  vendorId: 1,
  identifier: `1-1-${code}`,
  code,
  name: '',
  description: '',
  version,
  modelVersion: 3,
  createdAt: 0,
  updatedAt: 0,
})

/** Serials get ids from 1; the secret is always SECRET. `calls` counts what reached it. */
export function fakeRegistry() {
  const devices = new Map<string, Device>()
  const fake = {
    calls: 0,
    devices,
    /** thrown instead of an answer */
    error: undefined as Error | undefined,
    async registerDevice({ productKey, code, version }: { productKey: string; code: string; version: string }) {
      fake.calls++
      if (fake.error) throw fake.error
      if (productKey !== PRODUCT_KEY) throw new PandoError('product_unknown', 'no such product')
      const known = devices.get(code)
      const d = device(known?.id ?? devices.size + 1, code, version)
      devices.set(code, d)
      return { device: d, secret: SECRET, key: PRODUCT_KEY, created: known === undefined }
    },
    async login({ deviceId, secret }: { deviceId: number; secret: string }) {
      fake.calls++
      if (fake.error) throw fake.error
      const found = [...devices.values()].find((d) => d.id === deviceId)
      if (!found) throw new PandoError('device_unknown', 'none')
      if (secret !== SECRET) throw new PandoError('secret_wrong', 'no')
      return { device: found, token: TOKEN }
    },
  }
  return fake
}

export interface Entry {
  cause: string
  device: number
  params: Record<string, unknown>
}

export interface Options {
  config?: Partial<Config>
  announced?: readonly Announced[]
  tls?: TlsOptions
  /** real ones instead of the fake registry */
  peers?: { registry: Face<typeof registry>; devicemanager: Face<typeof devicemanager> }
}

export async function deviceApi({
  config,
  announced = [{ id: 'n', public: { mqtt: '0.0.0.0:1883' } }],
  tls,
  peers,
}: Options = {}) {
  const clock = testClock()
  const reg = fakeRegistry()
  const http = httpListeners()
  const metrics = makeMetrics()
  const drains: (() => Promise<void> | void)[] = []
  const stops: (() => Promise<void> | void)[] = []
  const entries: Entry[] = []
  const log = { accept: async (batch: Uint8Array) => void read(batch, entries) }
  const { listen } = await start({
    config: {
      httpaccessListen: { host: '127.0.0.1', port: 0 },
      mqttaccessListen: { host: '0.0.0.0', port: 1883 },
      failuresPerMinute: 300,
      httpLease: 90_000,
      mqttMaxRate: 100_000,
      uplinkMaxWaiting: 1 << 20,
      ...config,
    },
    log: silentLog(),
    metrics,
    instance: 'test',
    ports: {},
    peers: {
      ...(peers ?? {
        registry: reg as unknown as Face<typeof registry>,
        devicemanager: reg as unknown as Face<typeof devicemanager>,
      }),
      controller: {
        accept: async (batch: Uint8Array) => {
          await log.accept(batch)
          return new Uint8Array()
        },
      } as Face<typeof controller>,
      instances: async (service) => (service === 'mqttaccess' ? announced : []),
    },
    http,
    ...(tls && { tls }),
    clock,
    onStop: (f) => void stops.push(f),
    onDrain: (f) => void drains.push(f),
    readiness() {},
  })
  const base = listen!['httpaccess']!
  return {
    base,
    listen: listen!,
    clock,
    registry: reg,
    metrics,
    entries,
    log,
    /** POSTs a body → what came back, whole, when the server had closed */
    post: (call: 'registration' | 'authentication', body: unknown) =>
      exchange(base, request(call, typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))),
    async stop() {
      for (const f of drains) await f()
      for (const f of stops.toReversed()) await f()
      await http.close()
    },
  }
}

function read(batch: Uint8Array, into: Entry[]): void {
  const b = Buffer.from(batch)
  eachRecord(b, 0, (p, size) => {
    const { reason, device } = recordHead(b, p)
    const params = JSON.parse(b.toString('utf8', p + RECORD_HEADER, p + size)) as Record<string, unknown>
    into.push({ cause: causeOf(reason), device, params })
  })
}

export function request(call: 'registration' | 'authentication', body: string | Buffer): Buffer {
  const head = `POST /v1/devices/${call} HTTP/1.1\r\nHost: x\r\nContent-Type:application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body)])
}

/** Sends parts, a turn of the network apart → all that came until the server closed. */
export const exchange = (base: string, ...parts: readonly (string | Buffer)[]): Promise<string> =>
  exchangeFrom('127.0.0.1', base, ...parts)

/** The same from another address of this machine. */
export function exchangeFrom(from: string, base: string, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((done) => {
    let got = ''
    const socket = connect({ port: Number(port), host: hostname, localAddress: from, noDelay: true })
    socket.setEncoding('utf8')
    socket.on('data', (text) => (got += text))
    socket.on('error', () => {})
    socket.on('close', () => done(got))
    const next = (i: number) => {
      if (i >= parts.length || socket.destroyed) return
      socket.write(parts[i]!, () => setTimeout(next, 2, i + 1))
    }
    socket.on('connect', () => next(0))
  })
}

/** The JSON of an answer. */
export const answered = (answer: string): { code: number; message: string; data?: Record<string, unknown> } =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as never

export const statusOf = (answer: string): number => Number(answer.split(' ')[1])
