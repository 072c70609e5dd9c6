import { recordHead } from '#core/devicelog/batch.ts'
import type { EngineHealth } from '#core/health.ts'
import { fromErrorData, PandoError } from '#lib/errors.ts'
import type { History, HistoryPage, HistoryQuery, HistoryRecord } from '../port.ts'
import { Gatherer } from './gather.ts'
import type { KeptCurrent } from './keptcurrent.ts'
import type { Link, Listener } from './link.ts'
import type { Reply, Request, Retained } from './messages.ts'
import { type Answer, DEFAULT_LIMIT, MAX_LIMIT } from './query.ts'

/** So much may be on the way to the keeper before `absorb` asks to wait. */
const MOST_ON_WAY = 64 << 20

interface Waiting {
  resolve(value: unknown): void
  reject(e: Error): void
}

/** History in files. The work is done by the keeper behind the link; this side copies bytes and counts. */
export class FileHistory implements History {
  readonly current: KeptCurrent
  #link: Link | undefined
  #gatherer = new Gatherer((buffer, size) => this.#sendChunk(buffer, size))
  #absorbed = new Map<number, { seq: number }>()
  #stream = Number.NaN
  #last = { seq: 0 }
  #cursors: ReadonlyMap<number, number> = new Map()
  #onWay = 0
  #room: { wait: Promise<void>; open: () => void; fail: (e: Error) => void } | undefined
  #waiting = new Map<number, Waiting>()
  #ids = 0
  #state: EngineHealth = { state: 'ok', since: Date.now() }
  #onState: (h: EngineHealth) => void
  #broken: PandoError | undefined
  #keeperError: string | undefined

  private constructor(current: KeptCurrent, onState: (h: EngineHealth) => void) {
    this.current = current
    this.#onState = onState
    current.changed = () => this.#refresh()
  }

  /** `connect` makes the link; resolves when the keeper has opened its files. */
  static async open(
    current: KeptCurrent,
    connect: (listener: Listener) => Link | Promise<Link>,
    onState: (h: EngineHealth) => void = () => {},
  ): Promise<FileHistory> {
    const history = new FileHistory(current, onState)
    const ready = history.#wait(0)
    history.#link = await connect({ reply: (r) => history.#reply(r), broken: (e) => history.#breaks(e) })
    try {
      await ready
    } catch (e) {
      await history.#link.close()
      throw e
    }
    history.#refresh()
    for (const [stream, seq] of history.#cursors) history.#absorbed.set(stream, { seq })
    return history
  }

  absorb(batch: Buffer): Promise<void> | undefined {
    if (this.#broken) return Promise.reject(this.#broken)
    const stream = batch.readDoubleLE(16)
    const seq = batch.readDoubleLE(24)
    if (stream !== this.#stream) this.#turnTo(stream)
    if (seq <= this.#last.seq) return undefined
    this.#last.seq = seq
    this.#gatherer.add(batch)
    return this.#onWay > MOST_ON_WAY ? this.#waitForRoom() : undefined
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

  #waitForRoom(): Promise<void> {
    if (!this.#room) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.#room = { wait: promise, open: resolve, fail: reject }
    }
    return this.#room.wait
  }

  cursors(): ReadonlyMap<number, number> {
    return this.#cursors
  }

  async flush(): Promise<void> {
    await this.#ask((id) => ({ type: 'flush', id }))
  }

  async read(query: HistoryQuery): Promise<HistoryPage> {
    const limit = Math.min(Math.max(1, query.limit ?? DEFAULT_LIMIT), MAX_LIMIT)
    const records: HistoryRecord[] = []
    let cursor = query.cursor
    do {
      const q = { ...query, cursor, limit: limit - records.length }
      const page = (await this.#ask((id) => ({ type: 'read', id, query: q }))) as Answer
      takeRecords(page, records)
      cursor = page.next
    } while (cursor !== undefined && records.length < limit)
    return cursor === undefined ? { records } : { records, next: cursor }
  }

  async retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<Retained> {
    return (await this.#ask((id) => ({ type: 'retain', id, limit }))) as Retained
  }

  health(): EngineHealth {
    return this.#state
  }

  async close(): Promise<void> {
    if (!this.#broken) await this.#ask((id) => ({ type: 'close', id })).finally(() => this.#end('it is closed'))
    await this.current.close()
    await this.#link?.close()
  }

  #ask(request: (id: number) => Request): Promise<unknown> {
    if (this.#broken) return Promise.reject(this.#broken)
    this.#gatherer.send()
    const id = ++this.#ids
    const answer = this.#wait(id)
    this.#link!.post(request(id))
    return answer
  }

  #wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
    })
  }

  #sendChunk(buffer: ArrayBuffer, size: number): void {
    if (this.#broken) return
    this.#onWay += size
    this.#link!.post({ type: 'chunk', buffer, size }, [buffer])
  }

  #reply(reply: Reply): void {
    switch (reply.type) {
      case 'ready':
        return this.#settle(0, (w) => w.resolve(undefined))
      case 'taken':
        return this.#taken(reply.bytes)
      case 'cursors':
        this.#cursors = reply.cursors
        return
      case 'health':
        this.#keeperError = reply.error
        return this.#refresh()
      case 'done':
        return this.#settle(reply.id, (w) => w.resolve(reply.value))
      case 'failed': {
        const error = fromErrorData(reply.error)
        if (reply.detail) error.cause = reply.detail
        return this.#settle(reply.id, (w) => w.reject(error))
      }
    }
  }

  #taken(bytes: number): void {
    this.#onWay -= bytes
    if (this.#onWay > MOST_ON_WAY / 2) return
    this.#room?.open()
    this.#room = undefined
  }

  #settle(id: number, settle: (w: Waiting) => void): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting) settle(waiting)
  }

  #refresh(): void {
    const errors = [this.#broken?.message, this.#keeperError, this.current.problem].filter((e) => e !== undefined)
    const state = this.#broken ? 'down' : errors.length > 0 ? 'degraded' : 'ok'
    const error = errors.length > 0 ? errors.join('; ') : undefined
    if (state === this.#state.state && error === this.#state.error) return
    this.#state = { state, since: Date.now(), ...(error === undefined ? {} : { error }) }
    this.#onState(this.#state)
  }

  #end(why: string, cause?: Error): void {
    this.#broken ??= new PandoError('unavailable', `history: ${why}`, {}, cause)
    for (const waiting of this.#waiting.values()) waiting.reject(this.#broken)
    this.#waiting.clear()
    this.#room?.fail(this.#broken)
  }

  /** The keeper is gone: what it had not made durable is handed over again after the next start. */
  #breaks(cause: Error): void {
    if (this.#broken) return
    this.#end(cause.message, cause)
    this.#refresh()
  }
}

function takeRecords({ bytes, count }: Answer, into: HistoryRecord[]): void {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let p = 0, n = 0; n < count; n++) {
    const size = b.readUInt32LE(p)
    const { device: _, ...head } = recordHead(b, p)
    into.push({ ...head, data: bytes.subarray(p + 40, p + size) })
    p += size
  }
}
