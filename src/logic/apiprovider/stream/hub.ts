/**
 * Live streams: listeners at the head of the log get each batch from the doorbell, those behind read the log until they have caught up.
 * It listens only while somebody listens to it.
 */
import { batchHead } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Directory } from '#logic/shared/directory.ts'
import { Head } from '#logic/shared/head.ts'
import { prepare, seen, wants } from './deal.ts'
import { type Before, type Group, Groups } from './groups.ts'
import { covers, type Form } from './interest.ts'
import { chunkOf, type Listener } from './listener.ts'
import { idsOf, type Place, placeText } from './place.ts'
import { resume } from './resume.ts'

export interface HubOptions {
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  queue: Pick<Queue, 'listen'>
  directory: Directory
  clock: Clock
  log: Logger
  /** records that were written to listeners */
  told(n: number): void
  /** a listener did not keep up: it is read for from the log */
  fellBehind(): void
}

/** What comes in this time is written together, once nothing has been written for as long. */
const GATHER_MS = 20
/** Frames that are written together to one who catches up. */
const PIECE = 64 << 10
/** The doorbell may be lost: the log is asked this often. */
const LISTEN_MS = 1000
/** A stream of the log that did not move for longer is not named in places: no batch takes so long to become durable. */
const IDLE_MS = 3_600_000

export class Hub {
  readonly #o: HubOptions
  readonly #groups = new Groups()
  readonly #dirty = new Set<Group>()
  readonly #head: Head<Listener>
  /** streams that had not moved for long when it began, and when the last batch of each was closed */
  readonly #idle = new Map<number, number>()
  readonly #since: number
  readonly #stops: (() => void)[] = []
  #flushedAt = 0
  #flushing: NodeJS.Timeout | undefined

  constructor(o: HubOptions) {
    this.#o = o
    this.#since = o.clock.now() - IDLE_MS
    this.#head = new Head<Listener>({
      devicelog: o.devicelog,
      clock: o.clock,
      log: o.log,
      what: 'streams',
      deal: (batch) => this.#deal(batch),
      dealerFor: (m) => (batch) => this.#dealTo(m, batch),
      changed: (m) => this.#changed(m),
    })
  }

  async begin(): Promise<void> {
    const { queue, clock, log } = this.#o
    this.#stops.push(
      queue.listen('log', 'apiprovider streams', (bell) => this.#head.bell(bell)),
      clock.every(LISTEN_MS, () => {
        this.#head.listen().catch((err: unknown) => log.warn({ err }, 'streams: the device log does not answer'))
      }),
    )
    await this.#findIdle()
    await this.#head.begin()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    clearTimeout(this.#flushing)
    this.#head.stop()
  }

  /** Where those at the head are. */
  place(): string {
    return placeText(this.#since, this.#named())
  }

  /** Begins with what comes now, or behind a place that was reached before. */
  async add(m: Listener, from?: Place): Promise<void> {
    if (!from) return this.#head.enter(m)
    const { read, gap } = await resume(this.#o.devicelog, from, this.#idle, this.#o.clock.now())
    for (const [stream, seq] of read) m.read.set(stream, seq)
    m.part = from.part
    if (gap) m.sink.gap(gap.until)
    void this.#head.follow(m)
  }

  remove(m: Listener): void {
    m.stop()
    this.#head.remove(m)
  }

  /** Whether all that is known has been written to it. */
  isIdle(m: Listener): boolean {
    return m.atHead && !this.#groups.of(m.interest).waiting
  }

  /** How far the streams that move have been read; by `m` where it is behind. */
  *#named(m?: Listener): Generator<readonly [number, number]> {
    for (const [stream, at] of this.#head.position) {
      const read = m ? (m.read.get(stream) ?? 0) : at
      if (read < at || !this.#idle.has(stream) || this.#head.touched.has(stream)) yield [stream, read]
    }
  }

  async #findIdle(): Promise<void> {
    for (const { stream, last } of await this.#o.devicelog.streams()) {
      if (last === 0) continue
      const [batch] = await this.#o.devicelog.read(stream, last - 1, 1)
      const closed = batch ? batchHead(batch).time : 0
      if (closed < this.#since) this.#idle.set(stream, closed)
    }
  }

  #changed(m: Listener): void {
    if (!m.atHead) return this.#groups.remove(m)
    m.part = undefined
    const group = this.#groups.of(m.interest)
    // what is gathered came before it
    this.#flush(group)
    group.members.add(m)
  }

  #deal(batch: Buffer): Promise<void> | undefined {
    const found = prepare(batch, this.#groups, this.#o.directory)
    if (found === undefined || found instanceof Promise) return found
    const { stream, seq, records } = found
    const id = idsOf(this.#since, stream, seq, this.#named())
    for (const w of records) {
      const r = seen(found, w, id(w.index), this.#o.directory)
      if (!r) continue
      const frames = new Map<Form, Buffer | undefined>()
      const before = this.#before(stream, seq, w.index - 1)
      for (const group of this.#groups.for(r.device, r.known)) {
        if (!wants(group.interest, r)) continue
        const { form } = group.interest
        if (!frames.has(form)) frames.set(form, form(r))
        const frame = frames.get(form)
        if (!frame) continue
        this.#o.told(group.members.size)
        this.#dirty.add(group)
        if (group.add(frame, before)) this.#flush(group)
      }
    }
    if (this.#dirty.size > 0) this.#soon()
    return undefined
  }

  /** The place behind record `index` of a batch that is being dealt; made once, when somebody must know. */
  #before(stream: number, seq: number, index: number): () => Before {
    let made: Before | undefined
    return () => (made ??= { read: new Map(this.#head.position), part: { stream, seq, index } })
  }

  #soon(): void {
    if (this.#flushing) return
    const passed = performance.now() - this.#flushedAt
    if (passed >= GATHER_MS) this.#flushAll()
    else this.#flushing = setTimeout(() => this.#flushAll(), GATHER_MS - passed)
  }

  #flushAll(): void {
    this.#flushing = undefined
    for (const group of this.#dirty) this.#flush(group)
    this.#flushedAt = performance.now()
  }

  #flush(group: Group): void {
    this.#dirty.delete(group)
    group.flush((m, { read, part }) => {
      m.part = part
      this.#o.fellBehind()
      this.#head.leave(m, read)
    })
  }

  /** To one who catches up: as much as it takes. */
  #dealTo(m: Listener, batch: Buffer): Promise<void> | undefined {
    const found = prepare(batch, m.interest, this.#o.directory)
    if (found instanceof Promise) return found
    const { stream, seq } = batchHead(batch)
    const { part } = m
    const goesOn = part?.stream === stream && part.seq === seq
    if (goesOn) m.part = undefined
    if (found === undefined) return undefined
    const id = idsOf(this.#since, stream, seq, this.#named(m))
    const out: Buffer[] = []
    let bytes = 0
    const write = () => {
      if (out.length > 0) m.sink.write(chunkOf(out.splice(0), bytes))
      bytes = 0
    }
    for (const w of found.records) {
      if (goesOn && w.index <= part.index) continue
      const r = seen(found, w, id(w.index), this.#o.directory)
      if (!r || !isFor(m, r)) continue
      const frame = m.interest.form(r)
      if (!frame) continue
      if (bytes + frame.length > PIECE) write()
      if (!m.takes(bytes + frame.length)) {
        write()
        m.part = { stream, seq, index: w.index - 1 }
        return undefined
      }
      out.push(frame)
      bytes += frame.length
      this.#o.told(1)
    }
    write()
    return undefined
  }
}

const isFor = (m: Listener, r: Parameters<typeof wants>[1]): boolean =>
  (m.interest.devices?.has(r.device) ?? true) && covers(m.interest, r.known) && wants(m.interest, r)
