/** A controller on real engines, with a registry of one device and an access node that tests play. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery, DeliveryResult } from '#contracts/access.ts'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { openDeviceLog } from '#core/devicelog/open.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { openHistory } from '#core/history/open.ts'
import { openQueue } from '#core/queue/open.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { type Clock, systemClock } from '#lib/service.ts'
import { start } from '#logic/controller/service.ts'
import type { Codecs } from '#protocol/codec.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'

const object = (no: number, label: string, status: object[]) => ({ no, label, part: 1, status })

export const lampModel = {
  objects: [
    object(1, 'light', [
      { value_type: 7, name: 'on' },
      { value_type: 8, name: 'level' },
    ]),
    object(2, 'big', [{ value_type: 10, name: 'n' }]),
    object(3, 'blob', [{ value_type: 11, name: 'data' }]),
    object(4, 'warmth', [{ value_type: 2, name: 'celsius' }]),
  ],
  commands: [
    { no: 5, name: 'blink', part: 1, priority: 3, params: [{ value_type: 7, name: 'times' }] },
    {
      no: 6,
      name: 'store',
      part: 1,
      priority: 0,
      params: [
        { value_type: 6, name: 'n' },
        { value_type: 11, name: 'data' },
      ],
    },
  ],
  events: [{ no: 7, name: 'pressed', part: 1, priority: 1, params: [{ value_type: 7, name: 'key' }] }],
}

const lamp = {
  id: 9,
  productId: 4,
  vendorId: 2,
  identifier: '2-4-x',
  code: 'x',
  name: '',
  description: '',
  version: '1',
  modelVersion: 1,
  createdAt: 0,
  updatedAt: 0,
}

export const light = (on: number, level: number): Uint8Array =>
  encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [on, level], types: [7, 8] }] })

export const status = (data: Uint8Array, o: Partial<NewRecord> = {}): NewRecord => ({
  kind: recordKind.status,
  device: 9,
  product: 4,
  version: 1,
  epoch: 1,
  data,
  ...o,
})

/** Event 65534 for the command whose frame has this time. */
export const result = (time: number, code: number, text: string): NewRecord => ({
  ...status(
    encodeEvent({
      subDevice: 0,
      no: 65534,
      priority: 0,
      values: [BigInt(time), code, Buffer.from(text)],
      types: [10, 5, 11],
    }),
  ),
  kind: recordKind.event,
})

export interface ControllerWorld {
  online: boolean
  device: typeof lamp
  /** by version */
  models: Map<number, object>
  /** what the node answers */
  answer: (d: Delivery) => Promise<DeliveryResult>
  readonly deliveries: Delivery[]
}

export type Controller = Awaited<ReturnType<Awaited<ReturnType<typeof controllerWorld>>['boot']>>

export async function controllerWorld(t: TestContext, { clock = systemClock, codecs }: { clock?: Clock; codecs?: Codecs } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pando-controller-'))
  const deliveries: Delivery[] = []
  const world: ControllerWorld = {
    online: true,
    device: { ...lamp },
    models: new Map([[1, lampModel]]),
    answer: async () => ({ delivered: true }),
    deliveries,
  }
  let stop = async () => {}

  const route = { device: 9, node: 'n', epoch: 1, protocol: 'mqtt', address: '', since: 0 }
  const peers = {
    registry: {
      devicesById: async ({ ids }: { ids: number[] }) => ({ items: ids.includes(9) ? [world.device] : [] }),
      async model({ version = world.device.modelVersion }: { version?: number }) {
        const config = world.models.get(version)
        if (!config) throw new PandoError('not_found', 'no such version')
        return { productId: 4, version, config: JSON.stringify(config) }
      },
    },
    devicemanager: { routes: async () => ({ items: world.online ? [route] : [] }) },
    access: () => ({
      async deliver({ items }: { items: Delivery[] }) {
        deliveries.push(...items)
        return { items: await Promise.all(items.map((d) => world.answer(d))) }
      },
    }),
  } as unknown as Parameters<typeof start>[0]['peers']

  async function boot() {
    const log = silentLog()
    const devicelog = await openDeviceLog('file:', { dataDir })
    const history = await openHistory('file:', { dataDir, log })
    const queue = await openQueue('local:', { log })
    const stops: (() => Promise<void> | void)[] = []
    const drains: (() => Promise<void> | void)[] = []
    const most = 2 ** 40
    const { face } = await start({
      config: {
        devicelogMaxBytes: most,
        devicelogMaxAge: most,
        historyMaxBytes: most,
        historyMaxAge: most,
        diskReserve: 0,
        uplinkMaxWaiting: 1 << 24,
        dataDir,
      },
      log,
      metrics: makeMetrics(),
      instance: 'c',
      ports: { devicelog, history, queue },
      peers,
      http: httpListeners(),
      clock,
      ...(codecs && { codecs }),
      onStop: (f) => stops.push(f),
      onDrain: (f) => drains.push(f),
      readiness() {},
    })
    stop = async () => {
      for (const f of stops.toReversed()) await f()
      await queue.close()
      await history.close()
      await devicelog.close()
    }
    const stream = newStream()
    let seq = 0
    const says = (...records: NewRecord[]) => face.accept(makeBatch(stream, ++seq, records, clock.now()))
    return {
      face,
      drain: () => Promise.all(drains.map((f) => f())),
      devicelog,
      history,
      queue,
      says,
      connects: () => says({ kind: recordKind.online, device: 9, time: clock.now() }),
    }
  }

  t.after(async () => {
    await stop()
    await rm(dataDir, { recursive: true })
  })
  return { world, boot, stop: () => stop(), dataDir }
}

/** Asks again until the answer is something; never longer than 5 s. */
export async function eventually<T>(ask: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = performance.now() + 5000
  for (;;) {
    const got = await ask()
    if (got !== undefined && got !== false) return got
    if (performance.now() > end) throw new Error(`it did not come: ${ask}`)
    await sleep(2)
  }
}

/** From now on the log takes nothing. → lets it go on */
export function stalled(log: Pick<DeviceLog, 'append'>): () => void {
  const { append } = log
  const gate = Promise.withResolvers<void>()
  log.append = async (...batch) => {
    await gate.promise
    return append.apply(log, batch)
  }
  return gate.resolve
}
