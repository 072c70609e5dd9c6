/** The engine's side of the talk with the keeper: questions and their answers, and what the keeper tells. */
import { fromErrorData, PandoError } from '#lib/errors.ts'
import type { Link, Listener } from './link.ts'
import type { Question, Reply } from './messages.ts'
import type { Told } from './told.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(e: Error): void
}

type Unnumbered<Q> = Q extends unknown ? Omit<Q, 'id'> : never

export class KeeperClient {
  /** why there is no keeper any more; what it had not made durable is handed over again after the next start */
  broken: PandoError | undefined
  #link: Link | undefined
  #waiting = new Map<number, Waiting>()
  #ids = 0
  #told: Told
  #onBroken: (e: PandoError) => void

  private constructor(told: Told, onBroken: (e: PandoError) => void) {
    this.#told = told
    this.#onBroken = onBroken
  }

  /** Resolves when the keeper has opened its files. */
  static async open(
    connect: (listener: Listener) => Link | Promise<Link>,
    told: Told,
    onBroken: (e: PandoError) => void,
  ): Promise<KeeperClient> {
    const client = new KeeperClient(told, onBroken)
    const ready = client.#wait(0)
    try {
      const link = connect({ reply: (r) => client.#reply(r), broken: (e) => client.#break(e) })
      client.#link = await link
      await ready
      return client
    } catch (e) {
      await client.#link?.close()
      ready.catch(() => {})
      throw e
    }
  }

  /** `answered`: called with the answer, before anything else is heard. */
  ask(question: Unnumbered<Question>, answered = () => {}): Promise<unknown> {
    if (this.broken) return Promise.reject(this.broken)
    const id = ++this.#ids
    const answer = this.#wait(id, answered)
    this.#link!.post({ ...question, id } as Question)
    return answer
  }

  sendChunk(buffer: ArrayBuffer, size: number): void {
    if (!this.broken) this.#link!.post({ type: 'chunk', buffer, size }, [buffer])
  }

  /** The keeper folds what it has and ends. That its thread has ended is told in the same turn as its answer where that was not read before. */
  async close(): Promise<void> {
    try {
      if (!this.broken) await this.ask({ type: 'close' }, () => this.#end('it is closed'))
    } finally {
      this.#end('it is closed')
      await this.#link!.close()
    }
  }

  #wait(id: number, answered = () => {}): Promise<unknown> {
    return new Promise((done, reject) => {
      const resolve = (value: unknown) => {
        answered()
        done(value)
      }
      this.#waiting.set(id, { resolve, reject })
    })
  }

  #reply(reply: Reply): void {
    switch (reply.type) {
      case 'ready':
        return this.#settle(0, (w) => w.resolve(undefined))
      case 'taken':
        return this.#told.taken(reply.bytes)
      case 'cursors':
        return this.#told.cursors(reply.cursors)
      case 'dropped':
        return this.#told.dropped(reply.until)
      case 'health':
        return this.#told.health(reply.error)
      case 'heavy':
        return this.#told.heavy()
      case 'done':
        return this.#settle(reply.id, (w) => w.resolve(reply.value))
      case 'failed': {
        const error = fromErrorData(reply.error)
        if (reply.detail) error.cause = reply.detail
        return this.#settle(reply.id, (w) => w.reject(error))
      }
    }
  }

  #settle(id: number, settle: (w: Waiting) => void): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting) settle(waiting)
  }

  #break(cause: Error): void {
    if (!this.broken) this.#onBroken(this.#end(cause.message, cause))
  }

  #end(why: string, cause?: Error): PandoError {
    this.broken ??= new PandoError('unavailable', `history: ${why}`, {}, cause)
    for (const waiting of this.#waiting.values()) waiting.reject(this.broken)
    this.#waiting.clear()
    return this.broken
  }
}
