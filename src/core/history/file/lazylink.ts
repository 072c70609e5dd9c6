/**
 * A keeper in this thread as long as there is little to do, in a thread of its own from then on: that thread costs some 40 MB, which an
 * idle cloud does not need.
 */
import type { Disk } from '#lib/disk.ts'
import type { KeeperOptions } from './keeper.ts'
import { type Link, type Listener, type LocalLink, localLink, threadLink } from './link.ts'
import type { Reply, Request } from './messages.ts'

type Posted = [request: Request, transfer?: ArrayBuffer[]]

class LazyLink implements Link {
  /** undefined while the work changes hands */
  #link: Link | undefined
  #local: LocalLink | undefined
  #queue: Posted[] = []
  #listener: Listener
  #thread: KeeperOptions
  /** octets of chunks sent once more, which the second keeper will say it has taken once more */
  #takenBefore = 0
  #moving: Promise<void> | undefined

  constructor(thread: KeeperOptions, listener: Listener) {
    this.#thread = thread
    this.#listener = listener
  }

  async open(disk: Disk, light: KeeperOptions): Promise<this> {
    const reply = (r: Reply) => {
      if (r.type === 'heavy') this.#move()
      else this.#listener.reply(r)
    }
    this.#link = this.#local = await localLink(disk, light, { reply, broken: this.#listener.broken })
    return this
  }

  post(request: Request, transfer?: ArrayBuffer[]): void {
    if (this.#link) this.#link.post(request, transfer)
    else this.#queue.push([request, transfer])
  }

  async close(): Promise<void> {
    await this.#moving
    await this.#link?.close()
  }

  #move(): void {
    const local = this.#local
    if (!local || this.#moving !== undefined) return
    this.#link = this.#local = undefined
    this.#moving = this.#handOver(local).catch((e: Error) => this.#listener.broken(e))
  }

  async #handOver(local: LocalLink): Promise<void> {
    const { batches, owed } = await local.leave()
    const ready = Promise.withResolvers<void>()
    const link = threadLink(this.#thread, {
      reply: (r) => (r.type === 'ready' ? ready.resolve() : r.type === 'taken' ? this.#taken(r.bytes) : this.#listener.reply(r)),
      broken: (e) => {
        ready.reject(e)
        this.#listener.broken(e)
      },
    })
    await ready.promise
    for (const b of batches) {
      const buffer = new Uint8Array(b).buffer
      this.#takenBefore += b.length
      link.post({ type: 'chunk', buffer, size: b.length }, [buffer])
    }
    this.#takenBefore -= owed
    for (const posted of this.#queue) link.post(...posted)
    this.#queue = []
    this.#link = link
  }

  #taken(bytes: number): void {
    const before = Math.min(bytes, this.#takenBefore)
    this.#takenBefore -= before
    if (bytes > before) this.#listener.reply({ type: 'taken', bytes: bytes - before })
  }
}

/** `light` are the options as long as the work is light, `thread` those of the thread. */
export const lazyLink = (disk: Disk, light: KeeperOptions, thread: KeeperOptions, listener: Listener): Promise<Link> =>
  new LazyLink(thread, listener).open(disk, light)
