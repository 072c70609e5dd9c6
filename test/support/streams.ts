/** The hub of live streams alone: a device log in memory, devices whose records are written straight to it, listeners that are told what to do. */
import { makeBatch, type NewRecord } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { openQueue } from '#core/queue/open.ts'
import type { Queue } from '#core/queue/port.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import { silentLog } from '#lib/log.ts'
import { Hub } from '#logic/apiprovider/stream/hub.ts'
import type { Interest } from '#logic/apiprovider/stream/interest.ts'
import { type Chunk, Listener, type Sink } from '#logic/apiprovider/stream/listener.ts'
import { parsePlace } from '#logic/apiprovider/stream/place.ts'
import { streamKinds } from '#logic/apiprovider/stream/query.ts'
import { sseForm } from '#logic/apiprovider/stream/sse.ts'
import { makeDirectory } from '#logic/shared/directory.ts'
import { memoryLog } from './memorylog.ts'
import { type FakeRegistry, fakeRegistry } from './webhooks.ts'

/** Takes what is written when it is told to. */
export class TestSink implements Sink {
  waiting = 0
  /** the most that ever waited */
  most = 0
  /** takes everything at once */
  reads = true
  readonly gaps: number[] = []
  readonly told: { id: string; identifier: string; data: Record<string, number[]> }[] = []
  #waiting: Buffer[] = []
  listener: Listener | undefined

  write(chunk: Chunk): void {
    this.#waiting.push(...chunk.frames)
    this.waiting += chunk.bytes
    this.most = Math.max(this.most, this.waiting)
    if (this.reads) this.take()
  }

  gap(until: number): void {
    this.gaps.push(until)
  }

  /** Takes so many frames; all unless told. */
  take(n = this.#waiting.length): void {
    for (const frame of this.#waiting.splice(0, n)) {
      this.waiting -= frame.length
      const [, id, body] = /^id: (\S+)\ndata: (.*)\n\n$/s.exec(frame.toString())!
      this.told.push({ id: id!, ...JSON.parse(body!) })
    }
    if (n > 0) this.listener?.drained()
  }

  get lastId(): string | undefined {
    return this.told.at(-1)?.id
  }
}

export const everything: Interest = {
  key: 'everything',
  form: sseForm,
  mask: Object.values(streamKinds).reduce((mask, kind) => mask | (1 << kind), 0),
  domain: { scope: 'all' },
  applicationId: 1,
  from: 0,
  devices: undefined,
  products: undefined,
}

export interface Streams {
  log: DeviceLog
  queue: Queue
  registry: FakeRegistry
  readonly hub: Hub
  behind(): number
  listen(o?: { interest?: Interest; from?: string; sink?: TestSink }): Promise<{ sink: TestSink; listener: Listener }>
  /** Appends and rings; `bare`: without the batch; `lost`: not at all. */
  write(stream: number, records: NewRecord[], bell?: 'whole' | 'bare' | 'lost', time?: number): Promise<void>
  /** Another process on the same log. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startStreams(o: { clock?: Clock; log?: DeviceLog } = {}): Promise<Streams> {
  const { clock = systemClock, log = memoryLog() } = o
  const registry = fakeRegistry()
  const queue = await openQueue('local:', { log: silentLog() })
  const seqs = new Map<number, number>()
  let behind = 0
  const open = async () => {
    const directory = makeDirectory(registry.face, clock)
    const hub = new Hub({ devicelog: log, queue, directory, clock, log: silentLog(), told() {}, fellBehind: () => void behind++ })
    await hub.begin()
    return hub
  }
  let hub = await open()
  return {
    log,
    queue,
    registry,
    get hub() {
      return hub
    },
    behind: () => behind,
    async listen({ interest = everything, from, sink = new TestSink() } = {}) {
      const listener = new Listener('test', interest, sink)
      sink.listener = listener
      await hub.add(listener, from === undefined ? undefined : parsePlace(from))
      return { sink, listener }
    },
    async write(stream, records, bell = 'whole', time = Date.now()) {
      const seq = (seqs.get(stream) ?? 0) + 1
      seqs.set(stream, seq)
      const batch = makeBatch(stream, seq, records, time)
      await log.append(batch)
      if (bell !== 'lost') queue.ring('log', bell === 'bare' ? { stream, seq } : { stream, seq, batch })
      batch.fill(0xff) // good until the handler returns, and no longer
    },
    async restart() {
      hub.stop()
      hub = await open()
    },
    async stop() {
      hub.stop()
      await queue.close()
    },
  }
}

export const addDevices = ({ registry }: Streams, n: number): void => {
  for (let id = 1; id <= n; id++)
    registry.devices.set(id, {
      id,
      productId: 1,
      vendorId: 1,
      identifier: `1-1-d${id}`,
      code: `d${id}`,
      name: '',
      description: '',
      version: '1',
      modelVersion: 1,
      createdAt: 0,
      updatedAt: 0,
    })
}
