import { at, RECORD_HEADER } from '#core/devicelog/batch.ts'
import type { EngineHealth } from '#core/health.ts'
import type { PandoError } from '#lib/errors.ts'
import { type FrozenFile, thawed } from '#lib/frozen.ts'
import type { Bucket, BucketQuery, History, HistoryPage, HistoryQuery, HistoryRecord } from '../port.ts'
import { KeeperClient } from './client.ts'
import { Gatherer } from './gather.ts'
import type { KeptCurrent } from './keptcurrent.ts'
import type { Link, Listener } from './link.ts'
import type { Retained } from './messages.ts'
import { type Answer, DEFAULT_LIMIT, MAX_LIMIT } from './query.ts'
import type { Told } from './told.ts'

/** So much may be on the way to the keeper before `absorb` asks to wait. */
const MOST_ON_WAY = 64 << 20

/** History in files. The work is done by the keeper; this side copies bytes and counts. */
export class FileHistory implements History {
  readonly current: KeptCurrent
  #keeper!: KeeperClient
  #gatherer = new Gatherer((buffer, size) => this.#sendChunk(buffer, size))
  #absorbed = new Map<number, { seq: number }>()
  #stream = Number.NaN
  #last = { seq: 0 }
  #cursors: ReadonlyMap<number, number> = new Map()
  #droppedUntil = 0
  #onWay = 0
  #room: PromiseWithResolvers<void> | undefined
  #state: EngineHealth = { state: 'ok', since: Date.now() }
  #onState: (h: EngineHealth) => void
  #keeperError: string | undefined

  private constructor(current: KeptCurrent, onState: (h: EngineHealth) => void) {
    this.current = current
    this.#onState = onState
    current.changed = () => this.#refresh()
  }

  /** `connect` makes the link to a keeper; resolves when that has opened its files. */
  static async open(
    current: KeptCurrent,
    connect: (listener: Listener) => Link | Promise<Link>,
    onState: (h: EngineHealth) => void = () => {},
  ): Promise<FileHistory> {
    const history = new FileHistory(current, onState)
    history.#keeper = await KeeperClient.open(connect, history.#told(), (e) => history.#breaks(e))
    history.#refresh()
    for (const [stream, seq] of history.#cursors) history.#absorbed.set(stream, { seq })
    return history
  }

  absorb(batch: Buffer): Promise<void> | undefined {
    if (this.#keeper.broken) return Promise.reject(this.#keeper.broken)
    const stream = batch.readDoubleLE(16)
    const seq = batch.readDoubleLE(24)
    if (stream !== this.#stream) this.#turnTo(stream)
    if (seq <= this.#last.seq) return undefined
    this.#last.seq = seq
    this.#gatherer.add(batch)
    if (this.#onWay <= MOST_ON_WAY) return undefined
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  #turnTo(stream: number): void {
    let last = this.#absorbed.get(stream)
    if (!last) {
      last = { seq: 0 }
      this.#absorbed.set(stream, last)
    }
    this.#stream = stream
    this.#last = last
  }

  cursors(): ReadonlyMap<number, number> {
    return this.#cursors
  }

  get droppedUntil(): number {
    return this.#droppedUntil
  }

  async flush(): Promise<void> {
    this.#gatherer.send()
    await this.#keeper.ask({ type: 'flush' })
  }

  async read(query: HistoryQuery): Promise<HistoryPage> {
    const limit = Math.min(Math.max(1, query.limit ?? DEFAULT_LIMIT), MAX_LIMIT)
    const records: HistoryRecord[] = []
    let { cursor } = query
    do {
      this.#gatherer.send()
      const page = (await this.#keeper.ask({
        type: 'read',
        query: { ...query, cursor, limit: limit - records.length },
      })) as Answer
      takeRecords(page, records)
      cursor = page.next
    } while (cursor !== undefined && records.length < limit)
    return cursor === undefined ? { records } : { records, next: cursor }
  }

  async buckets(query: BucketQuery): Promise<Bucket[]> {
    this.#gatherer.send()
    return (await this.#keeper.ask({ type: 'buckets', query })) as Bucket[]
  }

  async retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<Retained> {
    return (await this.#keeper.ask({ type: 'retain', limit })) as Retained
  }

  /** The runs first: what they lack, and the current status too, is still in the log. */
  async freeze(by: string): Promise<FrozenFile[]> {
    const runs = (await this.#keeper.ask({ type: 'freeze', by })) as FrozenFile[]
    return [...runs, ...(await this.current.freeze(by))]
  }

  async thaw(by: string): Promise<void> {
    thawed(this.current.folder, by)
  }

  health(): EngineHealth {
    return this.#state
  }

  async close(): Promise<void> {
    this.#gatherer.send()
    try {
      await this.current.close()
    } finally {
      await this.#keeper.close()
    }
  }

  #sendChunk(buffer: ArrayBuffer, size: number): void {
    this.#onWay += size
    this.#keeper.sendChunk(buffer, size)
  }

  #told(): Told {
    return {
      taken: (bytes) => this.#taken(bytes),
      cursors: (cursors) => {
        this.#cursors = cursors
      },
      dropped: (until) => {
        this.#droppedUntil = until
      },
      health: (error) => {
        this.#keeperError = error
        this.#refresh()
      },
      heavy: () => {},
    }
  }

  #taken(bytes: number): void {
    this.#onWay -= bytes
    if (this.#onWay > MOST_ON_WAY / 2) return
    this.#room?.resolve()
    this.#room = undefined
  }

  #breaks(e: PandoError): void {
    this.#room?.reject(e)
    this.#refresh()
  }

  #refresh(): void {
    const broken = this.#keeper?.broken
    const errors = [broken?.message, this.#keeperError, this.current.problem].filter((e) => e !== undefined)
    const state = broken ? 'down' : errors.length > 0 ? 'degraded' : 'ok'
    const error = errors.length > 0 ? errors.join('; ') : undefined
    if (state === this.#state.state && error === this.#state.error) return
    this.#state = { state, since: Date.now(), ...(error === undefined ? {} : { error }) }
    this.#onState(this.#state)
  }
}

function takeRecords({ bytes, count }: Answer, into: HistoryRecord[]): void {
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let p = 0, n = 0; n < count; n++) {
    const size = v.getUint32(p + at.size, true)
    into.push({
      kind: bytes[p + at.kind]!,
      reason: bytes[p + at.reason]!,
      version: v.getUint16(p + at.version, true),
      time: v.getFloat64(p + at.time, true),
      product: v.getUint32(p + at.product, true),
      packetId: v.getUint16(p + at.packetId, true),
      flags: v.getUint16(p + at.flags, true),
      epoch: v.getFloat64(p + at.epoch, true),
      data: new Uint8Array(bytes.buffer, bytes.byteOffset + p + RECORD_HEADER, size - RECORD_HEADER),
    })
    p += size
  }
}
