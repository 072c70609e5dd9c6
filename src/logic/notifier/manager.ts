/** Keeps a receiver for each application that is to be told, and their places in the log. */
import type { Face } from '#contracts/contract.ts'
import type { Application, registry } from '#contracts/registry.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Clock } from '#lib/service.ts'
import type { Head } from '#logic/shared/head.ts'
import { places } from './places.ts'
import { consumerOf, OWNER, type Receiver } from './receiver.ts'
import type { Sender } from './sender.ts'

export interface ManagerOptions {
  devicelog: DeviceLog
  registry: Pick<Face<typeof registry>, 'applications'>
  head: Head<Receiver>
  clock: Clock
  makeReceiver(app: Application): Promise<Receiver>
  closeSender(sender: Sender): Promise<void>
  /** ms after which a paused application no longer holds the log back */
  pauseHolds: number
}

const PAGE = 200

export class Manager {
  /** every application by id, paused ones too */
  apps = new Map<number, Application>()
  readonly receivers = new Map<number, Receiver>()
  readonly #o: ManagerOptions
  /** the reading begun last */
  #refreshing: Promise<void> = Promise.resolve()
  /** one that has not begun yet */
  #next: Promise<void> | undefined
  #stopped = false

  constructor(o: ManagerOptions) {
    this.#o = o
  }

  /** Reads the applications again, as of now or later, and does what has changed. Rejects when registry or log do not answer: call again. */
  refresh(): Promise<void> {
    // many changes are seen by one reading
    this.#next ??= this.#refreshing
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.#refresh()
      })
    this.#refreshing = this.#next
    return this.#next
  }

  /** Stores how far each application has got. */
  async flush(): Promise<void> {
    const { head } = this.#o
    for (const r of this.receivers.values()) if (r.atHead) for (const stream of head.touched) r.progress.touched.add(stream)
    head.touched.clear()
    await Promise.all([...this.receivers.values()].map((r) => this.#store(r)))
  }

  /** Streams that the log has dropped. */
  forget(streams: readonly number[]): void {
    for (const r of this.receivers.values()) {
      for (const stream of streams) {
        r.read.delete(stream)
        r.progress.forget(stream)
      }
    }
  }

  /** Deliveries in memory. */
  get waiting(): number {
    let n = 0
    for (const r of this.receivers.values()) n += r.outbox.waiting
    return n
  }

  /** Tries under way may end within `ms`; then they are cut, and made again after the next start. */
  async stop(ms: number): Promise<void> {
    this.#stopped = true
    await this.#refreshing.catch(() => {})
    const all = [...this.receivers.values()]
    const ended = Promise.all(all.map((r) => r.stop()))
    const late = new Promise<void>((resolve) => {
      this.#o.clock.after(ms, resolve)
    })
    await Promise.race([ended, late])
    await Promise.all(all.map((r) => this.#o.closeSender(r.sender)))
    await ended
    await this.flush()
  }

  async #refresh(): Promise<void> {
    if (this.#stopped) return
    const before = this.apps
    const apps = new Map((await this.#applications()).map((a) => [a.id, a]))
    this.apps = apps
    const holding = [...apps.values()].filter((a) => this.#holds(a)).map((a) => consumerOf(a.id))
    await this.#o.devicelog.consumers(OWNER, holding)
    for (const r of [...this.receivers.values()]) if (changed(r.app, apps.get(r.app.id))) await this.#drop(r)
    for (const app of apps.values()) {
      if (app.reportUrl === '' || before.get(app.id)?.reportUrl === '') await this.#passBy(app)
      if (!app.paused && app.reportUrl !== '' && !this.receivers.has(app.id)) await this.#add(app)
    }
    for (const id of before.keys()) if (!apps.has(id)) await this.#o.devicelog.forget(consumerOf(id))
  }

  /** A paused application keeps its place, but one that was forgotten must not fill the disk. */
  #holds(app: Application): boolean {
    return !app.paused || this.#o.clock.now() - app.updatedAt < this.#o.pauseHolds
  }

  /** What happens while an application has no report URL is not told later. */
  #passBy(app: Application): Promise<void> {
    return this.#o.devicelog.advance(consumerOf(app.id), this.#o.head.position)
  }

  async #add(app: Application): Promise<void> {
    const r = await this.#o.makeReceiver(app)
    for (const [stream, seq] of await places(this.#o.devicelog, consumerOf(r.app.id), app.createdAt)) {
      r.read.set(stream, seq)
      r.progress.touched.add(stream)
    }
    this.receivers.set(app.id, r)
    void this.#o.head.follow(r)
  }

  /** Cuts its tries, so that a receiver that hangs delays nobody; its place is stored before another takes over from there. */
  async #drop(r: Receiver): Promise<void> {
    const ended = r.stop()
    await this.#o.closeSender(r.sender)
    await ended
    await this.flush()
    this.#o.head.remove(r)
    this.receivers.delete(r.app.id)
  }

  async #store(r: Receiver): Promise<void> {
    const { touched } = r.progress
    if (touched.size === 0) return
    const streams = [...touched]
    touched.clear()
    try {
      const positions = streams.map((s): [number, number] => [s, r.progress.cursor(s, this.#o.head.positionOf(r, s))])
      await this.#o.devicelog.advance(consumerOf(r.app.id), new Map(positions))
    } catch (e) {
      for (const stream of streams) touched.add(stream)
      throw e
    }
  }

  async #applications(): Promise<Application[]> {
    const all: Application[] = []
    for (;;) {
      const after = all.at(-1)?.id ?? 0
      const { items } = await this.#o.registry.applications({ after, limit: PAGE })
      if (items.length === 0) return all
      all.push(...items)
    }
  }
}

/** Whether a receiver must be made anew: what it works with has changed, or it is to be no more. */
function changed(was: Application, is: Application | undefined): boolean {
  if (!is || is.paused || is.reportUrl === '') return true
  const { domain, reportUrl, reportToken, signingSecret } = was
  const same =
    is.domain === domain && is.reportUrl === reportUrl && is.reportToken === reportToken && is.signingSecret === signingSecret
  return !same || is.tags.join() !== was.tags.join()
}
