/**
 * The head of the log: those who have read everything get each new batch together, decoded once, straight from the doorbell. Those that
 * cannot keep up leave it and read on for themselves.
 */
import { recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogBell } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { mayFollow, type ReadOptions, readOn } from './reader.ts'

/** Deals a batch out: a promise where nothing was dealt yet, since something is being fetched (reader.ts). */
export type Dealer = (batch: Buffer) => Promise<void> | undefined

/** Who reads the log on. */
export interface Member {
  /** stream → last seq that has been read for it; not kept while it follows the head, except where it was ahead of that */
  readonly read: Map<number, number>
  atHead: boolean
  readonly stopped: boolean
  /** in log lines */
  readonly name: string
  /** undefined: more may be read for it; else resolves when there is room, or it has stopped */
  room(): Promise<void> | undefined
  /** The stream has been read for it up to here, or as far as it could take. */
  passed(stream: number, seq: number): void
  /** Batches of the stream from `from` on are not in the log any more; `to` is the last of them. */
  lost?(stream: number, from: number, to: number): void
}

export interface HeadOptions<M extends Member> {
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  clock: Clock
  log: Logger
  /** what waits while the log does not answer, in log lines */
  what: string
  /** a batch for all at the head */
  deal: Dealer
  /** the same for one that reads on for itself */
  dealerFor(m: M): Dealer
  /** One has come to the head or left it (`atHead`). */
  changed(m: M, members: ReadonlySet<M>): void
  /** Those at the head have got a batch. */
  moved?(members: ReadonlySet<M>): void
}

/** ms before a log or registry that did not answer is asked again. */
const AGAIN_MS = 1000
/** Only records of these kinds may have to wait for another stream (mayFollow). */
const SESSIONS = 1 << recordKind.online

export class Head<M extends Member> {
  /** stream → last seq that is known to be in the log */
  readonly known = new Map<number, number>()
  /** stream → last seq that those at the head have got */
  readonly position = new Map<number, number>()
  /** streams that have moved since it was last emptied */
  readonly touched = new Set<number>()
  readonly #o: HeadOptions<M>
  readonly #reading: ReadOptions
  readonly #members = new Set<M>()
  #begun = false
  #busy = false
  #stopped = false

  constructor(o: HeadOptions<M>) {
    this.#o = o
    this.#reading = {
      devicelog: o.devicelog,
      known: this.known,
      position: (stream) => this.position.get(stream) ?? 0,
      moved: (stream, seq) => this.#moved(stream, seq),
      deal: o.deal,
      room: () => undefined,
      stopped: () => this.#stopped,
    }
  }

  /** Begins at the end of the log as it is now; bells that rang before are counted in. */
  async begin(): Promise<void> {
    for (const { stream, last } of await this.#o.devicelog.streams()) {
      this.position.set(stream, last)
      this.#announced(stream, last)
    }
    this.#begun = true
    void this.#run()
  }

  stop(): void {
    this.#stopped = true
  }

  /** A batch became durable. The bytes of the bell are good for this call only. */
  bell({ stream, seq, batch, kinds = SESSIONS }: LogBell): void {
    this.#announced(stream, seq)
    if (!this.#begun || this.#busy || this.#stopped) return
    const at = this.position.get(stream) ?? 0
    if (seq <= at) return
    // nobody to tell: the batch need not be looked at
    if (seq === at + 1 && this.#members.size === 0) return this.#moved(stream, seq)
    if (seq === at + 1 && batch && ((kinds & SESSIONS) === 0 || mayFollow(batch, this.#reading.position))) {
      const fetching = this.#reading.deal(batch)
      if (fetching === undefined) return this.#moved(stream, seq)
      fetching.catch(() => {}) // it is fetched again, and a failure told, when the batch is read
    }
    void this.#run()
  }

  /** Asks the log itself: bells may be lost. Streams that it no longer has are forgotten. → those */
  async listen(): Promise<number[]> {
    const before = [...this.position.keys()]
    const streams = await this.#o.devicelog.streams()
    for (const { stream, last } of streams) this.#announced(stream, last)
    const there = new Set(streams.map((s) => s.stream))
    const gone = before.filter((s) => !there.has(s) && this.position.get(s)! >= this.known.get(s)!)
    for (const stream of gone) {
      this.position.delete(stream)
      this.known.delete(stream)
    }
    if (this.#begun && !this.#busy) void this.#run()
    return gone
  }

  /** Reads for one until it has caught up with the head and joined it, or is stopped. */
  async follow(m: M): Promise<void> {
    const reading: Omit<ReadOptions, 'known'> = {
      devicelog: this.#o.devicelog,
      position: (stream) => m.read.get(stream) ?? 0,
      moved: (stream, seq) => m.passed(stream, seq),
      lost: (stream, from, to) => m.lost?.(stream, from, to),
      deal: this.#o.dealerFor(m),
      room: () => m.room(),
      stopped: () => m.stopped || this.#stopped,
    }
    while (!reading.stopped()) {
      try {
        await readOn({ ...reading, known: new Map(this.position) })
        if (reading.stopped() || this.#join(m)) return
        await new Promise((resolve) => setImmediate(resolve))
      } catch (err) {
        this.#o.log.warn({ err, for: m.name }, `${this.#o.what} wait: log or registry do not answer`)
        await this.#pause()
      }
    }
  }

  /** Comes in at the head without reading on. */
  enter(m: M): void {
    m.atHead = true
    this.#members.add(m)
    this.#o.changed(m, this.#members)
  }

  remove(m: M): void {
    m.atHead = false
    if (this.#members.delete(m)) this.#o.changed(m, this.#members)
  }

  /** It reads on for itself, from `from`: where the head is unless told. */
  leave(m: M, from: ReadonlyMap<number, number> = this.position): void {
    for (const stream of this.position.keys()) m.passed(stream, Math.max(m.read.get(stream) ?? 0, from.get(stream) ?? 0))
    this.remove(m)
    void this.follow(m)
  }

  /** Up to where the log has been read for it. */
  positionOf(m: M, stream: number): number {
    return Math.max(m.read.get(stream) ?? 0, m.atHead ? (this.position.get(stream) ?? 0) : 0)
  }

  #announced(stream: number, seq: number): void {
    if (seq > (this.known.get(stream) ?? -1)) this.known.set(stream, seq)
  }

  #moved(stream: number, seq: number): void {
    this.position.set(stream, seq)
    this.touched.add(stream)
    this.#o.moved?.(this.#members)
  }

  async #run(): Promise<void> {
    this.#busy = true
    while (!this.#stopped) {
      try {
        await readOn(this.#reading)
        break
      } catch (err) {
        this.#o.log.warn({ err }, `${this.#o.what} wait: log or registry do not answer`)
        await this.#pause()
      }
    }
    this.#busy = false
  }

  #join(m: M): boolean {
    for (const [stream, at] of this.position) if ((m.read.get(stream) ?? 0) < at) return false
    for (const [stream, seq] of m.read) if (seq <= (this.position.get(stream) ?? 0)) m.read.delete(stream)
    this.enter(m)
    return true
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#o.clock.after(AGAIN_MS, resolve)
    })
  }
}
