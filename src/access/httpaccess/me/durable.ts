/** Requests whose records are on their way to the log. */
import type { Owner } from '#access/shared/uplink.ts'

interface Waiting {
  done: () => void
  lost: (e: Error) => void
}

export class Durable implements Owner {
  private readonly waiting = new Map<number, Waiting>()
  private last = 0

  /** → the tag for the last record of a request, and what resolves when it is durable. */
  add(): { tag: number; durable: Promise<void> } {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const tag = ++this.last
    this.waiting.set(tag, { done: resolve, lost: reject })
    return { tag, durable: promise }
  }

  durable(tags: readonly number[], from: number, to: number): void {
    for (const tag of tags.slice(from, to)) {
      this.waiting.get(tag)?.done()
      this.waiting.delete(tag)
    }
  }

  /** None of them will be: the stream was sealed. */
  lost(e: Error): void {
    for (const w of this.waiting.values()) w.lost(e)
    this.waiting.clear()
  }
}
