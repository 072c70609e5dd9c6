/**
 * The way into the log: one commit at a time; whatever arrives meanwhile shares the next one. The file is always longer, durably,
 * than what is committed: a file that ends right after a frame, or inside one, has been cut short.
 */
import { BATCH_HEADER, BATCH_MAGIC } from '#core/devicelog/batch.ts'
import type { Disk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { FRAME, frameKind } from './frame.ts'
import { addBatch } from './run.ts'
import { diskError, newStreamState, type Segment, type StreamState } from './segment.ts'
import type { Tail } from './tail.ts'

/** Batches together above this wait for the next commit. */
const GROUP = 8 << 20
/** Commits up to this are copied into one buffer: cheaper than a vectored write. */
const COPY = 32 << 10
/** A mark is written when nothing was committed for this long. */
const IDLE_MS = 50

interface Entry {
  /** the batch; undefined asks to seal the stream */
  batch: Buffer | undefined
  state: StreamState
  seq: number
  resolve(): void
  reject(e: PandoError): void
}

export interface WriterDeps {
  disk: Disk
  tail: Tail
  streams: Map<number, StreamState>
  /** checksum of a stored batch, undefined when it was dropped */
  checksum(state: StreamState, seq: number): Promise<number | undefined>
  /** undefined: writing works (again) */
  fault(e: PandoError | undefined): void
}

const closed = () => new PandoError('log_unavailable', 'the device log is closed')
const noop = (): void => {}

export class Writer {
  readonly #deps: WriterDeps
  /** of each stream the one append under way */
  readonly #pending = new Map<number, { seq: number; checksum: number; promise: Promise<void> }>()
  readonly #sealing = new Map<number, Promise<number>>()
  readonly #copy = Buffer.allocUnsafeSlow(FRAME + COPY)
  #queue: Entry[] = []
  #busy = false
  #closed = false
  #failing = false
  #commits = 0
  #idleTimer: NodeJS.Timeout | undefined
  #whenIdle: (() => void)[] = []

  constructor(deps: WriterDeps) {
    this.#deps = deps
    this.#armMark()
  }

  append(batch: Buffer): Promise<void> {
    if (batch.length < BATCH_HEADER || batch.readUInt32LE(0) !== BATCH_MAGIC || batch.readUInt32LE(8) !== batch.length) {
      return Promise.reject(new PandoError('invalid', 'not a sealed batch of its own length'))
    }
    if (this.#closed) return Promise.reject(closed())
    const stream = batch.readDoubleLE(16)
    const seq = batch.readDoubleLE(24)
    const state = this.#deps.streams.get(stream) ?? newStreamState(stream)
    const under = this.#pending.get(stream)
    if (under || seq !== state.last + 1 || state.sealed || this.#sealing.has(stream)) return this.#unusual(batch, state, seq)
    const promise = this.#put(batch, state, seq)
    this.#pending.set(stream, { seq, checksum: batch.readUInt32LE(4), promise })
    return promise
  }

  #put(batch: Buffer | undefined, state: StreamState, seq: number): Promise<void> {
    if (state.last === 0) this.#deps.streams.set(state.stream, state)
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, state, seq, resolve, reject })
      if (!this.#busy) this.#next()
    })
  }

  async #unusual(batch: Buffer, state: StreamState, seq: number): Promise<void> {
    const { stream, last } = state
    const checksum = batch.readUInt32LE(4)
    const under = this.#pending.get(stream)
    if (under?.seq === seq && under.checksum === checksum) return under.promise
    if (!(seq >= 1)) throw new PandoError('invalid', `seq ${seq}: the first is 1`, { stream, seq })
    if (seq <= last) {
      const stored = await this.#deps.checksum(state, seq)
      if (stored === undefined || stored === checksum) return
      throw new PandoError('conflict', `seq ${seq} of stream ${stream} holds another batch`, { stream, seq })
    }
    if (under?.seq === seq) throw new PandoError('conflict', `seq ${seq} of stream ${stream} is being written`, { stream, seq })
    if (state.sealed || this.#sealing.has(stream)) {
      throw new PandoError('stream_sealed', `stream ${stream} was sealed at ${last}`, { stream, last })
    }
    const why = under ? `seq ${under.seq} is still being written` : `the next is ${last + 1}`
    throw new PandoError('invalid', `seq ${seq} of stream ${stream}: ${why}`, { stream, seq, last })
  }

  seal(stream: number): Promise<number> {
    const state = this.#deps.streams.get(stream) ?? newStreamState(stream)
    if (this.#closed) return Promise.reject(closed())
    if (state.sealed) return Promise.resolve(state.last)
    const under = this.#sealing.get(state.stream)
    if (under !== undefined) return under
    const sealing = (async () => {
      await this.#pending.get(state.stream)?.promise.catch(noop)
      await this.#put(undefined, state, state.last)
      return state.last
    })().finally(() => this.#sealing.delete(state.stream))
    this.#sealing.set(state.stream, sealing)
    return sealing
  }

  /** Starts the next commit, if there is something to write. */
  #next(): void {
    if (this.#queue.length === 0) {
      this.#busy = false
      this.#armMark()
      if (this.#whenIdle.length > 0) for (const f of this.#whenIdle.splice(0)) f()
      return
    }
    this.#busy = true
    const entries = this.#take()
    const size = entries.reduce((n, e) => n + (e.batch?.length ?? 0), FRAME)
    if (this.#deps.tail.hasRoom(size)) this.#write(entries, size)
    else this.#makeRoom(entries, size)
  }

  /** The entries of one commit: a seal, or batches up to the limit. */
  #take(): Entry[] {
    const queue = this.#queue
    let n = 1
    let bytes = queue[0]!.batch?.length
    if (bytes !== undefined) {
      for (; n < queue.length; n++) {
        const more = queue[n]!.batch?.length
        if (more === undefined || bytes + more > GROUP) break
        bytes += more
      }
    }
    if (n === queue.length) {
      this.#queue = []
      return queue
    }
    return queue.splice(0, n)
  }

  #makeRoom(entries: Entry[], size: number): void {
    this.#deps.tail.makeRoom(size).then(
      () => this.#write(entries, size),
      (e: unknown) => this.#refuse(entries, e),
    )
  }

  #write(entries: Entry[], size: number, again = false): void {
    const { tail, disk } = this.#deps
    const { segment } = tail
    disk.commit(tail.fd, this.#parts(entries, size, segment.end), segment.end, (e) => {
      if (e === null) this.#written(entries, size, segment)
      else this.#failed(entries, size, e, again)
    })
  }

  #parts(entries: Entry[], size: number, offset: number): Buffer | Buffer[] {
    const first = entries[0]!
    const { frames } = this.#deps.tail
    if (!first.batch) frames.write(FRAME, frameKind.seal, 0, offset, first.state.stream, first.seq)
    else frames.write(size, frameKind.batches, entries.length, offset, 0, 0)
    if (size > this.#copy.length) return [frames.bytes, ...entries.map((e) => e.batch!)]
    frames.bytes.copy(this.#copy)
    let p = FRAME
    if (first.batch) for (const e of entries) p += e.batch!.copy(this.#copy, p)
    return this.#copy.subarray(0, size)
  }

  #written(entries: Entry[], size: number, segment: Segment): void {
    let offset = segment.end + FRAME
    segment.end += size
    this.#commits++
    for (const e of entries) {
      const { batch, state } = e
      state.touched = segment.number
      if (batch) {
        if (state.segments[state.segments.length - 1] !== segment) state.segments.push(segment)
        addBatch(segment.index, state.stream, e.seq, batch.readDoubleLE(32), offset, batch.length)
        offset += batch.length
        state.last = e.seq
        this.#pending.delete(state.stream)
      } else state.sealed = true
      e.resolve()
    }
    if (this.#failing) {
      this.#failing = false
      this.#deps.fault(undefined)
    }
    this.#deps.tail.growAhead()
    this.#next()
  }

  /** A full disk has written nothing that counts. After any other error the file is left: its page cache may lie. */
  #failed(entries: Entry[], size: number, e: NodeJS.ErrnoException, again: boolean): void {
    const error = diskError(e, `${this.#deps.tail.segment.path} cannot be written`)
    if (error.code !== 'disk_full') this.#deps.tail.abandon()
    if (error.code === 'disk_full' || again) return this.#refuse(entries, error)
    this.#deps.tail.makeRoom(size).then(
      () => this.#write(entries, size, true),
      (second: unknown) => this.#refuse(entries, second),
    )
  }

  #refuse(entries: Entry[], e: unknown): void {
    const error = diskError(e, 'the device log cannot be written')
    this.#failing = true
    this.#deps.fault(error)
    for (const entry of entries) {
      this.#pending.delete(entry.state.stream)
      entry.reject(error)
    }
    this.#next()
  }

  /** One timer at a time, not one a commit: it looks whether something was committed since. */
  #armMark(): void {
    if (this.#idleTimer || this.#closed) return
    const seen = this.#commits
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined
      if (this.#busy || this.#closed) return
      if (this.#commits !== seen) this.#armMark()
      else this.#mark(false)
    }, IDLE_MS)
    this.#idleTimer.unref()
  }

  #mark(durable: boolean): void {
    const { tail } = this.#deps
    this.#busy = true
    tail.frames.write(FRAME, frameKind.mark, 0, tail.segment.end, 0, 0)
    tail.writeMark(tail.frames.bytes, durable).then(
      () => this.#marked(),
      () => this.#marked(), // without a mark the last commit is only less well protected against damage
    )
  }

  #marked(): void {
    if (this.#queue.length > 0) this.#next()
    else {
      this.#busy = false
      for (const f of this.#whenIdle.splice(0)) f()
    }
  }

  /** Runs `f` while nothing is being written. */
  async exclusive<T>(f: () => Promise<T>): Promise<T> {
    while (this.#busy) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
    if (this.#closed) throw closed()
    this.#busy = true
    try {
      return await f()
    } finally {
      this.#marked()
    }
  }

  /** Refuses new appends, writes what waits, and marks the end. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idleTimer)
    while (this.#busy) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
    this.#mark(true)
    while (this.#busy) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }
}
