/**
 * A writer of the device log: the way up from an access service, and the controller's own stream. Records are gathered in a batch while the append before is under way;
 * when a batch is durable its owners are told, and only then may they acknowledge. One promise a batch, nothing a message.
 * An append that fails is tried again with the same seq for ever: firmware in the field does not send twice (ARCHITECTURE.md, the way up).
 */
import { isPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import {
  at,
  BATCH_HEADER,
  newStream,
  RECORD_HEADER,
  type RecordKind,
  recordFlag,
  recordHead,
  recordKind,
  sealBatch,
} from './batch.ts'

/** Whose record it is. */
export interface Origin {
  deviceId: number
  productId: number
  modelVersion: number
  epoch: number
}

/** Someone who waits for records to be durable: told once for each run of neighbouring records of his, in order. */
export interface Owner {
  durable(tags: readonly number[], from: number, to: number): void
}

/** An offline record. */
export interface SessionEnd {
  origin: Origin
  reason: number
  time: number
  data: Uint8Array
}

export interface WriterOptions {
  /** hands a sealed batch to the controller; resolves when durable */
  accept: (batch: Buffer) => Promise<unknown>
  log: Logger
  /** bytes that may wait before `full` says so */
  maxWaiting: number
  /** the stream was sealed by somebody else: all connections must go; a new stream has begun */
  onSealed?: () => void
  /** Records the end of a session that a sealed stream has refused. The new stream has it as it was unless this is given. */
  onEnd?: (end: SessionEnd) => void
  onBatch?: (result: 'durable' | 'retried', records: number, bytes: number) => void
}

const FIRST_SIZE = 64 << 10
const BATCH_SIZE = 1 << 20
const MOST_SPARES = 4
const TOKEN_FROM = 9
const TOKEN_TO = 25
const GATHER_MS = 5
const RETRY_FIRST = 50
const RETRY_MAX = 1000

/** The owner of records for which nobody waits. */
export const nobody: Owner = { durable() {} }
const none = new Uint8Array(0)
const COPY_BY_WORDS = 128

interface Pending {
  buffer: Buffer
  view: DataView
  size: number
  count: number
  /** who waits, in the order of adding, with their tags; `waiters` of them count, the rest is room from before */
  owners: Owner[]
  tags: number[]
  waiters: number
}

export class LogWriter {
  stream = newStream()
  private seq = 0
  private current: Pending = emptyBatch()
  /** filled batches in front of `current` */
  private readonly filled: Pending[] = []
  private readonly spares: Pending[] = []
  private sending: Pending | undefined
  private soon = false
  private later: NodeJS.Timeout | undefined
  private bytes = 0
  private retryIn = RETRY_FIRST
  private retryTimer: NodeJS.Timeout | undefined
  private readonly roomWaiters: (() => void)[] = []
  private readonly idleWaiters: { upTo: number; done: () => void }[] = []
  private added = 0
  private settled = 0
  private stopped = false
  private readonly o: WriterOptions
  private source: Uint8Array = none
  private sourceView: DataView = viewOf(none)

  constructor(o: WriterOptions) {
    this.o = o
  }

  /** bytes that wait for the log */
  get waiting(): number {
    return this.bytes
  }

  /** True when readers must pause until `whenRoom`. */
  get full(): boolean {
    return this.bytes >= this.o.maxWaiting
  }

  whenRoom(f: () => void): void {
    this.roomWaiters.push(f)
  }

  /**
   * Adds the frame src[from, to) of a device. The 16 token bytes of Pando's own frames are not stored. `owner.durable` is called with `tag` when it is
   * safe (in the order of adding).
   */
  frame(
    kind: RecordKind,
    reason: number,
    flags: number,
    packetId: number,
    origin: Origin,
    now: number,
    src: Uint8Array,
    from: number,
    to: number,
    owner: Owner,
    tag: number,
  ): void {
    const length = to - from
    const p = this.begin(RECORD_HEADER + length, kind, reason, flags, packetId, origin, now, owner, tag) + RECORD_HEADER
    this.copy(src, from, to, p)
    const { buffer, view } = this.current
    if (flags & recordFlag.foreign) return
    if (length >= TOKEN_TO) {
      view.setFloat64(p + TOKEN_FROM, 0)
      view.setFloat64(p + TOKEN_FROM + 8, 0)
    } else if (length > TOKEN_FROM) buffer.fill(0, p + TOKEN_FROM, p + length)
  }

  /** Copies src[from, to) to `d`. Short pieces of a long chunk go by words: half the price of a call into the runtime (bench/devicelog.ts). */
  private copy(src: Uint8Array, from: number, to: number, d: number): void {
    const { buffer, view } = this.current
    if (to - from > COPY_BY_WORDS) return buffer.set(src.subarray(from, to), d)
    if (src !== this.source && src.length > COPY_BY_WORDS * 4) {
      this.source = src
      this.sourceView = new DataView(src.buffer, src.byteOffset, src.byteLength)
    }
    let i = from
    if (src === this.source) {
      const words = this.sourceView
      for (; i + 8 <= to; i += 8, d += 8) view.setBigInt64(d, words.getBigInt64(i, true), true)
    }
    while (i < to) buffer[d++] = src[i++]!
  }

  /** Adds a record with data of its kind (see recordKind). */
  record(
    kind: RecordKind,
    reason: number,
    flags: number,
    origin: Origin,
    now: number,
    data: Uint8Array,
    owner: Owner = nobody,
    tag = 0,
  ): void {
    const p = this.begin(RECORD_HEADER + data.length, kind, reason, flags, 0, origin, now, owner, tag)
    this.current.buffer.set(data, p + RECORD_HEADER)
  }

  /** The device has released a QoS 2 packet id. */
  released(packetId: number, origin: Origin, now: number, owner: Owner, tag: number): void {
    this.begin(RECORD_HEADER, recordKind.released, 0, 0, packetId, origin, now, owner, tag)
  }

  /** The records that are added next stand in one batch as long as they have no more than so many octets in all: none of them is kept alone. */
  together(octets: number): void {
    const { size, buffer } = this.current
    if (size + octets > buffer.length) this.makeRoom(octets)
  }

  /** Tells the owner, with this tag, when all that was added before is durable; records nothing. */
  after(owner: Owner, tag: number): void {
    const p = this.current.count > 0 ? this.current : (this.filled.at(-1) ?? this.sending)
    if (p === undefined) {
      owner.durable([tag], 0, 1)
      return
    }
    wait(p, owner, tag)
    this.sendSoon()
  }

  /** Resolves when all that was added before is durable (or given up because the stream was sealed). */
  drained(): Promise<void> {
    if (this.settled === this.added) return Promise.resolve()
    this.sendSoon()
    return new Promise((done) => this.idleWaiters.push({ upTo: this.added, done }))
  }

  /** Where the last record that was added will stand: the seq of its batch is not above this. */
  get lastSeq(): number {
    return this.seq + this.filled.length + (this.current.count > 0 ? 1 : 0)
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.retryTimer)
    clearTimeout(this.later)
  }

  private begin(
    size: number,
    kind: number,
    reason: number,
    flags: number,
    packetId: number,
    o: Origin,
    now: number,
    owner: Owner,
    tag: number,
  ): number {
    let c = this.current
    if (c.size + size > c.buffer.length) c = this.makeRoom(size)
    const { view, size: p } = c
    view.setUint32(p, size, true)
    view.setUint8(p + at.kind, kind)
    view.setUint8(p + at.reason, reason)
    view.setUint16(p + at.version, o.modelVersion, true)
    view.setFloat64(p + at.device, o.deviceId, true)
    view.setFloat64(p + at.time, now, true)
    view.setUint32(p + at.product, o.productId, true)
    view.setUint16(p + at.packetId, packetId, true)
    view.setUint16(p + at.flags, flags, true)
    view.setFloat64(p + at.epoch, o.epoch, true)
    c.size += size
    c.count++
    if (owner !== nobody) wait(c, owner, tag)
    this.bytes += size
    this.added++
    if (owner === nobody) this.sendLater()
    else this.sendSoon()
    return p
  }

  /** At the end of this turn of the event loop: somebody waits. */
  private sendSoon(): void {
    if (this.soon || this.sending !== undefined) return
    this.soon = true
    setImmediate(this.turn)
  }

  /** Records for which nobody waits may gather a moment: an append costs as much as a hundred of them. */
  private sendLater(): void {
    if (this.later !== undefined || this.soon || this.sending !== undefined) return
    this.later = setTimeout(this.turn, GATHER_MS)
  }

  private makeRoom(size: number): Pending {
    const c = this.current
    if (c.size > BATCH_HEADER && c.size + size > BATCH_SIZE) {
      this.filled.push(c)
      this.sendSoon()
      this.current = this.spares.pop() ?? emptyBatch(Math.max(BATCH_SIZE, BATCH_HEADER + size))
      return this.current.buffer.length >= BATCH_HEADER + size ? this.current : this.grow(this.current, size)
    }
    return this.grow(c, size)
  }

  private grow(c: Pending, size: number): Pending {
    const bigger = Buffer.allocUnsafeSlow(Math.max(c.buffer.length * 2, c.size + size))
    c.buffer.copy(bigger, 0, 0, c.size)
    c.buffer = bigger
    c.view = viewOf(bigger)
    return c
  }

  private readonly turn = (): void => {
    this.soon = false
    clearTimeout(this.later)
    this.later = undefined
    if (this.sending === undefined) this.send()
  }

  private send(): void {
    const next = this.filled.shift() ?? this.current
    if (next.count === 0) return
    if (next === this.current) {
      this.current = this.spares.pop() ?? emptyBatch()
    }
    this.sending = next
    this.seq++
    sealBatch(next.buffer, next.size, next.count, this.stream, this.seq, Date.now())
    this.attempt(next)
  }

  private attempt(p: Pending): void {
    this.o.accept(p.buffer.subarray(0, p.size)).then(
      () => this.succeeded(p),
      (e: unknown) => this.failed(p, e),
    )
  }

  private succeeded(p: Pending): void {
    this.sending = undefined
    this.retryIn = RETRY_FIRST
    const { count, size } = p
    const { owners, tags, waiters } = p
    for (let i = 0; i < waiters; ) {
      const owner = owners[i]!
      let j = i + 1
      while (j < waiters && owners[j] === owner) j++
      owner.durable(tags, i, j)
      i = j
    }
    this.settle(p)
    this.o.onBatch?.('durable', count, size)
    if (this.filled.length > 0 || this.current.waiters > 0) this.send()
    else if (this.current.count > 0) this.sendLater()
  }

  private failed(p: Pending, e: unknown): void {
    if (this.stopped) return
    if (isPandoError(e, 'stream_sealed')) return this.sealed(e)
    this.o.onBatch?.('retried', p.count, p.size)
    this.o.log.warn({ err: e, stream: this.stream, seq: this.seq, records: p.count }, 'device log does not accept; trying again')
    this.retryTimer = setTimeout(() => this.attempt(p), this.retryIn * (0.5 + Math.random()))
    this.retryIn = Math.min(this.retryIn * 2, RETRY_MAX)
  }

  /** Somebody else has taken over: what waits was never acknowledged, and its connections go. */
  private sealed(e: unknown): void {
    this.o.log.error({ err: e, stream: this.stream }, 'log stream was sealed; dropping all connections')
    this.stream = newStream()
    this.seq = 0
    const lost = [this.sending!, ...this.filled, this.current]
    this.sending = undefined
    this.filled.length = 0
    this.current = emptyBatch()
    for (const p of lost) this.keepTold(p)
    this.o.onSealed?.()
    for (const p of lost) this.settle(p)
  }

  /** What is told once and acknowledged to nobody goes into the new stream: that a session has ended stays true. */
  private keepTold({ buffer: b, size: end }: Pending): void {
    for (let p = BATCH_HEADER; p < end; p += b.readUInt32LE(p)) {
      const { kind, reason, flags, device: deviceId, product: productId, version: modelVersion, epoch, time } = recordHead(b, p)
      if (kind !== recordKind.offline && kind !== recordKind.diary) continue
      const origin = { deviceId, productId, modelVersion, epoch }
      const data = b.subarray(p + RECORD_HEADER, p + b.readUInt32LE(p))
      if (kind === recordKind.offline && this.o.onEnd) this.o.onEnd({ origin, reason, time, data: Buffer.from(data) })
      else this.record(kind, reason, flags, origin, time, data)
    }
  }

  private settle(p: Pending): void {
    this.settled += p.count
    this.bytes -= p.size - BATCH_HEADER
    this.spare(p)
    while (this.idleWaiters[0] && this.idleWaiters[0].upTo <= this.settled) this.idleWaiters.shift()!.done()
    // not with the first octet of room: a thousand sockets would stop and go with each batch
    if (this.roomWaiters.length > 0 && this.bytes <= this.o.maxWaiting / 2) for (const f of this.roomWaiters.splice(0)) f()
  }

  /** Keeps the memory of a batch for another; more than a few only while batches wait, when it would be asked for at once again. */
  private spare(p: Pending): void {
    const { spares } = this
    if (p.buffer.length <= BATCH_SIZE) {
      p.size = BATCH_HEADER
      p.count = 0
      p.waiters = 0
      spares.push(p)
    }
    if (this.filled.length === 0 && spares.length > MOST_SPARES) spares.length = MOST_SPARES
  }
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)

function emptyBatch(size = FIRST_SIZE): Pending {
  const buffer = Buffer.allocUnsafeSlow(size)
  return { buffer, view: viewOf(buffer), size: BATCH_HEADER, count: 0, owners: [], tags: [], waiters: 0 }
}

/** The arrays are used again with each batch, so that a message makes no garbage. */
function wait(p: Pending, owner: Owner, tag: number): void {
  p.owners[p.waiters] = owner
  p.tags[p.waiters++] = tag
}
