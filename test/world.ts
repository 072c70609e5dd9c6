/**
 * A whole cloud with its vendors, products, applications and devices, entered by the front door: real sockets, real files. The verbs of
 * scenarios are here and in world/device.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DiaryEntry } from '#contracts/controller.ts'
import type { Application as ApplicationRow, Product, Vendor, WebhookTag } from '#contracts/registry.ts'
import type { Clock } from '#lib/service.ts'
import { type Model, parseModel } from '#protocol/model.ts'
import type { Peers } from '#src/cloud.ts'
import { type HookReceiver, hookReceiver } from './support/hookreceiver.ts'
import { vectors } from './vectors/read.ts'
import { type Application, application } from './world/application.ts'
import { Device, type DeviceOptions, type Dialect } from './world/device.ts'
import type { Place } from './world/inspect.ts'
import { killInStart } from './world/process.ts'
import { worldServers } from './world/servers.ts'
import { type Env, needsEmbedded, type Running, type Shape, shapeFor, shapes, startShape } from './world/shapes.ts'
import { until } from './world/wait.ts'

export type { Application } from './world/application.ts'
export { type Device, type Dialect, Refused } from './world/device.ts'
export { needsEmbedded, needsOneProcess, needsOwnClock, type Shape, shapes } from './world/shapes.ts'
export { sleep, until, within } from './world/wait.ts'

export interface WorldOptions {
  shape?: Shape
  env?: Env
  /** URLs of servers by name, in place of the shared ones */
  servers?: Readonly<Record<string, string>>
  clock?: Clock
  /** shell words before the program (shape `process`) */
  shell?: string
  /** words of another program (shape `process`) */
  program?: readonly string[]
}

export interface World {
  readonly shape: Shape
  readonly dataDir: string
  /** where its engines have what they keep */
  readonly place: Place
  /** its settings */
  readonly env: Env
  readonly listen: Record<string, string>
  /** where all its processes listen by this name */
  every(name: string): readonly string[]
  /** where devices may be led: host:port of each access node */
  readonly nodes: readonly string[]
  readonly peers: Peers
  readonly running: Running
  /** where webhooks of applications made here arrive */
  readonly hooks: HookReceiver
  vendor(name?: string): Promise<Vendor>
  /** A product of a new vendor or the one given; `config`: the rich product of the golden files unless given. */
  product(o?: { vendorId?: number; name?: string; config?: object }): Promise<Product & { model: Model }>
  application(o?: { domain?: string; tags?: WebhookTag[]; hook?: string; reportToken?: string }): Promise<Application>
  /** A device that is registered and logged in; a new product for each world unless one is given. */
  device(o?: { product?: Product & { model: Model }; code?: string; dialect?: Dialect }): Promise<Device>
  /** One that is connected too. */
  connected(o?: { product?: Product & { model: Model }; code?: string; dialect?: Dialect }): Promise<Device>
  /** Waits until the device's diary has such an entry; → the entry. */
  told(device: Device, kind: string, cause?: string, ms?: number): Promise<DiaryEntry>
  /** Stops and starts again on the same data and addresses. */
  restart(): Promise<void>
  /** kill -9 (shape `process`). */
  kill(): Promise<void>
  start(): Promise<void>
  /** Starts and kills while it starts (shape `process`). */
  startAndKill(ms: number): Promise<void>
  /** SIGTERM or stop() → exit code */
  stop(): Promise<number>
  /** Stops and removes all. */
  close(): Promise<void>
}

const loopback = '127.0.0.1:0'
const services = ['httpaccess', 'mqttaccess', 'coapaccess', 'apiprovider'] as const

export async function makeWorld(o: WorldOptions = {}): Promise<World> {
  const shape = shapeFor(o.shape ?? 'direct')
  const dataDir = mkdtempSync(join(tmpdir(), 'pando-world-'))
  const hooks = await hookReceiver()
  const servers = await worldServers(shape, o.servers)
  const agent = new Agent({ keepAlive: true })
  const env: Env = {
    PANDO_DATA_DIR: dataDir,
    PANDO_NOTIFIER_ALLOW: '127.0.0.0/8',
    PANDO_OPS_LISTEN: loopback,
    ...Object.fromEntries(services.map((name) => [settingOf(name), loopback])),
    ...servers.env,
    ...o.env,
  }
  const options = {
    dataDir,
    env,
    ...(o.clock && { clock: o.clock }),
    ...(o.shell && { shell: o.shell }),
    ...(o.program && { program: o.program }),
  }
  const begin = () => startShape(shape, options)
  let running = await begin()
  let up = true
  // a restart comes back where devices look for it
  for (const name of services) env[settingOf(name)] = new URL(running.listen[name]!).host
  let product: Promise<Product & { model: Model }> | undefined
  let codes = 0

  const world: World = {
    shape,
    dataDir,
    place: {
      dataDir,
      ...(env['PANDO_DEVICELOG_URL'] && { devicelog: env['PANDO_DEVICELOG_URL'] }),
      ...(env['PANDO_HISTORY_URL'] && { history: env['PANDO_HISTORY_URL'] }),
    },
    env,
    hooks,
    get listen() {
      return running.listen
    },
    every: (name) => running.every?.(name) ?? [running.listen[name]!],
    get nodes() {
      return world.every('mqttaccess').map((url) => new URL(url).host)
    },
    get peers() {
      return running.peers
    },
    get running() {
      return running
    },
    vendor: (name = 'Acme') => world.peers.registry.addVendor({ name, description: `${name} things` }),
    async product({ vendorId, name = 'lamp', config = vectors<object>('rich-product') } = {}) {
      const vendor = vendorId ?? (await world.vendor()).id
      const text = JSON.stringify(config)
      const row = await world.peers.registry.addProduct({ vendorId: vendor, name, description: name, config: text })
      return { ...row, model: parseModel(text) }
    },
    async application({ domain = '*', tags, hook = '/hook', reportToken = 'token-of-the-app' } = {}) {
      const reportUrl = new URL(hook, hooks.url).href
      const about = {
        name: 'app',
        description: '',
        domain,
        reportUrl,
        reportToken,
        tags: tags ?? ['event' as const],
      }
      const row: ApplicationRow = await world.peers.registry.addApplication(about)
      return application(row, () => world.listen['apiprovider']!, agent)
    },
    async device(d = {}) {
      const of = d.product ?? (await (product ??= world.product()))
      const options: DeviceOptions = {
        productKey: of.key,
        model: of.model,
        code: d.code ?? `device-${++codes}`,
        ...(d.dialect && { dialect: d.dialect }),
      }
      const device = new Device(options, () => world.listen)
      await device.register()
      return device.login()
    },
    async connected(d = {}) {
      const device = await world.device(d)
      await device.connect()
      return device
    },
    async told(device, kind, cause, ms) {
      const entry = async () => {
        const { items } = await world.peers.controller.diary({ deviceId: device.id })
        return items.find((e) => e.kind === kind && e.cause === cause)
      }
      return until(`${kind} ${cause ?? ''} in the diary of ${device.identifier}`, entry, ms)
    },
    async restart() {
      await world.stop()
      await world.start()
    },
    async kill() {
      up = false
      await running.kill()
    },
    async start() {
      running = await begin()
      up = true
    },
    startAndKill: (ms) => killInStart(options, ms),
    async stop() {
      up = false
      return running.stop()
    },
    async close() {
      agent.destroy()
      try {
        if (up) await world.stop()
      } finally {
        await hooks.close()
        await servers.drop()
        rmSync(dataDir, { recursive: true, force: true })
      }
    },
  }
  return world
}

const settingOf = (service: string): string => `PANDO_${service.toUpperCase()}_LISTEN`

/** One test for each shape, each with a world of its own. Servers have a clock of their own, so no test can have one beside them. */
export function scenario(
  name: string,
  act: (world: World) => Promise<void>,
  o: WorldOptions & { shapes?: readonly Shape[] } = {},
): void {
  for (const shape of new Set((o.shapes ?? shapes).map(shapeFor))) {
    test(`${name} (${shape})`, o.clock ? needsEmbedded : {}, async () => {
      const world = await makeWorld({ ...o, shape })
      try {
        await act(world)
      } finally {
        await world.close()
      }
    })
  }
}
