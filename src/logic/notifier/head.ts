/**
 * The head of the log: applications that have read everything get each new batch together, decoded once, straight from the doorbell.
 * Those that cannot keep up leave it and read on for themselves.
 */
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogBell } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type Audience, audience, deal } from './deal.ts'
import type { Directory } from './directory.ts'
import { mayFollow, type ReadOptions, readOn } from './reader.ts'
import type { Receiver } from './receiver.ts'

export interface HeadOptions {
  devicelog: DeviceLog
  directory: Directory
  clock: Clock
  log: Logger
}

/** ms before a log or registry that did not answer is asked again. */
const AGAIN_MS = 1000

export class Head {
  /** stream → last seq that is known to be in the log */
  readonly known = new Map<number, number>()
  /** stream → last seq that the applications at the head have got */
  readonly position = new Map<number, number>()
  /** streams that have moved since it was last emptied */
  readonly touched = new Set<number>()
  readonly #o: HeadOptions
  readonly #reading: ReadOptions
  readonly #members = new Set<Receiver>()
  #audience: Audience = audience([])
  #begun = false
  #busy = false
  #stopped = false

  constructor(o: HeadOptions) {
    this.#o = o
    this.#reading = {
      devicelog: o.devicelog,
      known: this.known,
      position: (stream) => this.position.get(stream) ?? 0,
      moved: (stream, seq) => this.#moved(stream, seq),
      deal: (batch) => deal(batch, this.#audience, o.directory),
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
  bell({ stream, seq, batch }: LogBell): void {
    this.#announced(stream, seq)
    if (!this.#begun || this.#busy || this.#stopped) return
    const at = this.position.get(stream) ?? 0
    if (seq <= at) return
    if (seq === at + 1 && batch && mayFollow(batch, this.#reading.position)) {
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

  /** Reads for one application until it has caught up with the head and joined it, or is stopped. */
  async follow(r: Receiver): Promise<void> {
    const to = audience([r])
    const reading: ReadOptions = {
      devicelog: this.#o.devicelog,
      known: this.known,
      position: (stream) => r.read.get(stream) ?? 0,
      moved: (stream, seq) => {
        r.read.set(stream, seq)
        r.progress.touched.add(stream)
      },
      deal: (batch) => deal(batch, to, this.#o.directory),
      room: () => r.room(),
      stopped: () => r.stopped || this.#stopped,
    }
    while (!reading.stopped()) {
      try {
        await readOn(reading)
        if (this.#join(r)) return
        await new Promise((resolve) => setImmediate(resolve))
      } catch (e) {
        this.#o.log.warn({ err: e, applicationId: r.app.id }, 'webhooks wait: log or registry do not answer')
        await this.#pause()
      }
    }
  }

  remove(r: Receiver): void {
    if (this.#members.delete(r)) this.#audience = audience([...this.#members])
    r.atHead = false
  }

  /** Up to where the log has been read for an application. */
  positionOf(r: Receiver, stream: number): number {
    return Math.max(r.read.get(stream) ?? 0, r.atHead ? (this.position.get(stream) ?? 0) : 0)
  }

  #announced(stream: number, seq: number): void {
    if (seq > (this.known.get(stream) ?? -1)) this.known.set(stream, seq)
  }

  #moved(stream: number, seq: number): void {
    this.position.set(stream, seq)
    this.touched.add(stream)
    for (const r of this.#members) if (r.full) this.#leave(r)
  }

  async #run(): Promise<void> {
    this.#busy = true
    while (!this.#stopped) {
      try {
        await readOn(this.#reading)
        break
      } catch (e) {
        this.#o.log.warn({ err: e }, 'webhooks wait: log or registry do not answer')
        await this.#pause()
      }
    }
    this.#busy = false
  }

  #join(r: Receiver): boolean {
    for (const [stream, at] of this.position) if ((r.read.get(stream) ?? 0) < at) return false
    for (const [stream, seq] of r.read) if (seq <= (this.position.get(stream) ?? 0)) r.read.delete(stream)
    r.atHead = true
    this.#members.add(r)
    this.#audience = audience([...this.#members])
    return true
  }

  #leave(r: Receiver): void {
    for (const stream of this.position.keys()) {
      r.read.set(stream, this.positionOf(r, stream))
      r.progress.touched.add(stream)
    }
    this.remove(r)
    void this.follow(r)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#o.clock.after(AGAIN_MS, resolve)
    })
  }
}
