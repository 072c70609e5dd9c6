/** The notifier alone: a device log in memory, a registry made of lists, and devices whose records are written straight to the log. */
import type { Face } from '#contracts/contract.ts'
import type { notifier } from '#contracts/notifier.ts'
import type { Application, DeadLetter, Device, registry } from '#contracts/registry.ts'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { openQueue } from '#core/queue/open.ts'
import type { Queue } from '#core/queue/port.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import { type Config, type Extra, start } from '#logic/notifier/service.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { memoryLog } from './memorylog.ts'
import { fastClock } from './testclock.ts'

export type RegistryFace = Face<typeof registry>

/** A counter event `n` (number 1) and a status `level` (object 1). */
export const counterProduct = JSON.stringify({
  objects: [{ no: 1, label: 'level', part: 1, status: [{ value_type: 9, name: 'v' }] }],
  commands: [],
  events: [{ no: 1, name: 'n', part: 1, priority: 0, params: [{ value_type: 9, name: 'v' }] }],
})

export const countEvent = (device: number, n: number, time?: number): NewRecord => ({
  kind: recordKind.event,
  device,
  product: 1,
  version: 1,
  data: encodeEvent({ subDevice: 1, no: 1, priority: 0, values: [n], types: [9] }),
  ...(time !== undefined && { time }),
})

export const levelStatus = (device: number, n: number): NewRecord => ({
  kind: recordKind.status,
  device,
  product: 1,
  version: 1,
  data: encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [n], types: [9] }] }),
})

export interface FakeRegistry {
  face: RegistryFace
  applications: Map<number, Application>
  devices: Map<number, Device>
  letters: DeadLetter[]
  /** product id → configuration */
  models: Map<number, string>
  calls: Record<string, number>
  /** while set, every call rejects with it */
  down: PandoError | undefined
}

export function fakeRegistry(): FakeRegistry {
  const r: Omit<FakeRegistry, 'face'> = {
    applications: new Map(),
    devices: new Map(),
    letters: [],
    models: new Map([[1, counterProduct]]),
    calls: {},
    down: undefined,
  }
  let nextLetter = 1
  const answers: Partial<RegistryFace> = {
    applications: async ({ after = 0, limit = 100 }) => ({
      items: [...r.applications.values()]
        .filter((a) => a.id > after)
        .sort((a, b) => a.id - b.id)
        .slice(0, limit),
    }),
    devicesById: async ({ ids }) => ({ items: ids.flatMap((id) => r.devices.get(id) ?? []) }),
    model: async ({ productId, version = 1 }) => {
      const config = r.models.get(productId)
      if (config === undefined) throw new PandoError('product_unknown', 'no such product')
      return { productId, version, config }
    },
    editApplication: async ({ id, ...changes }) => {
      const app = { ...r.applications.get(id)!, ...changes, updatedAt: Date.now() }
      r.applications.set(id, app)
      return app
    },
    addDeadLetter: async (letter) => {
      const kept = { ...letter, id: nextLetter++ }
      r.letters.push(kept)
      return kept
    },
    deadLetters: async ({ after = 0, limit = 100, applicationId }) => ({
      items: r.letters
        .filter((l) => l.id > after && (applicationId === undefined || l.applicationId === applicationId))
        .slice(0, limit),
    }),
    removeDeadLetter: async ({ id }) => {
      r.letters.splice(0, r.letters.length, ...r.letters.filter((l) => l.id !== id))
      return {}
    },
  }
  const self: FakeRegistry = Object.assign(r, { face: {} as RegistryFace })
  for (const [name, f] of Object.entries(answers)) {
    ;(self.face as Record<string, unknown>)[name] = async (input: never) => {
      self.calls[name] = (self.calls[name] ?? 0) + 1
      if (self.down) throw self.down
      return structuredClone(await (f as (input: never) => Promise<unknown>)(input))
    }
  }
  return self
}

export interface Webhooks {
  log: DeviceLog
  queue: Queue
  registry: FakeRegistry
  metrics: ReturnType<typeof makeMetrics>
  face: Face<typeof notifier>
  addDevice(id: number, o?: Partial<Device>): Device
  addApplication(reportUrl: string, o?: Partial<Application>): Application
  /** Changes an application as the registry would: with a bell. */
  editApplication(id: number, o: Partial<Application>): void
  removeApplication(id: number): void
  /** Appends a batch of records and rings, with or without the batch; `ring: false`: the bell is lost. */
  write(records: NewRecord[], o?: { stream?: number; ring?: boolean | 'bare'; time?: number }): Promise<void>
  /** Ends the notifier and starts another on the same log. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface WebhooksOptions extends Extra {
  config?: Partial<Config>
  clock?: Clock
  log?: DeviceLog
  registry?: FakeRegistry
}

export const testConfig: Config = {
  notifierAllow: ['127.0.0.0/8'],
  notifierTimeout: 100_000,
  notifierRetryFor: 86_400_000,
  notifierConcurrency: 64,
}

/** Starts it. Time runs fast unless a clock is given: the first retry comes after 10 ms. */
export async function startWebhooks(o: WebhooksOptions = {}): Promise<Webhooks> {
  const { config, clock = fastClock(100), log = memoryLog(), registry: fake = fakeRegistry(), ...extra } = o
  const queue = await openQueue('local:', { log: silentLog() })
  const seqs = new Map<number, number>()
  const ownStream = newStream()
  const running = async () => {
    const stops: (() => Promise<void> | void)[] = []
    const metrics = makeMetrics()
    const { face } = await start(
      {
        config: { ...testConfig, ...config },
        log: silentLog(),
        metrics,
        instance: 'test',
        ports: { devicelog: log, queue },
        peers: { registry: fake.face },
        http: httpListeners(),
        clock,
        onStop: (f) => void stops.push(f),
        onDrain: () => {},
        readiness: () => {},
      },
      extra,
    )
    return { face, metrics, stops }
  }
  let current = await running()
  const stopCurrent = async () => {
    for (const f of current.stops.splice(0).reverse()) await f()
  }
  const changed = (id: number, change: 'added' | 'changed' | 'removed') =>
    queue.ring('registry', { what: 'application', id, change })

  return {
    log,
    queue,
    registry: fake,
    get metrics() {
      return current.metrics
    },
    get face() {
      return current.face
    },
    addDevice(id, d = {}) {
      const at = Date.now()
      const texts = { identifier: `1-1-d${id}`, code: `d${id}`, name: '', description: '', version: '1' }
      const device = { id, productId: 1, vendorId: 1, ...texts, modelVersion: 1, createdAt: at, updatedAt: at, ...d }
      fake.devices.set(id, device)
      return device
    },
    addApplication(reportUrl, a = {}) {
      const id = a.id ?? fake.applications.size + 1
      const secret = `whsec_${Buffer.from(`secret of application ${id}`).toString('base64')}`
      const texts = {
        name: `app ${id}`,
        description: '',
        key: '',
        domain: '*',
        reportToken: `token-${id}`,
        signingSecret: secret,
      }
      const app: Application = {
        id,
        ...texts,
        reportUrl,
        tags: ['event'],
        paused: false,
        pausedAt: 0,
        keyRotatedAt: 0,
        secretRotatedAt: 0,
        revision: 1,
        createdAt: 0,
        updatedAt: Date.now(),
        ...a,
      }
      fake.applications.set(id, app)
      changed(id, 'added')
      return app
    },
    editApplication(id, a) {
      fake.applications.set(id, { ...fake.applications.get(id)!, ...a, updatedAt: Date.now() })
      changed(id, 'changed')
    },
    removeApplication(id) {
      fake.applications.delete(id)
      changed(id, 'removed')
    },
    async write(records, { stream = ownStream, ring = true, time = Date.now() } = {}) {
      const seq = (seqs.get(stream) ?? 0) + 1
      seqs.set(stream, seq)
      const batch = makeBatch(stream, seq, records, time)
      await log.append(batch)
      if (ring) queue.ring('log', ring === 'bare' ? { stream, seq } : { stream, seq, batch })
      batch.fill(0xff) // good until the handler returns, and no longer
    },
    async restart() {
      await stopCurrent()
      current = await running()
    },
    stop: async () => {
      await stopCurrent()
      await queue.close()
    },
  }
}

/** Waits until `check` holds; fails with what it says else, after `ms`. */
export async function until(check: () => boolean, what: string | (() => string), ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!check()) {
    if (Date.now() > end) throw new Error(`not reached: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
