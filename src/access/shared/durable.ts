/** What waits until records of it are in the log: each is settled when its last record is durable. */
import type { Owner } from './uplink.ts'

export class Durable<W> implements Owner {
  private readonly waiting: (W | undefined)[] = []
  private readonly free: number[] = []
  private readonly settle: (w: W) => void
  private readonly never: (w: W) => void

  constructor(settle: (w: W) => void, never: (w: W) => void) {
    this.settle = settle
    this.never = never
  }

  /** → the tag for its last record. */
  add(w: W): number {
    const tag = this.free.pop() ?? this.waiting.length
    this.waiting[tag] = w
    return tag
  }

  durable(tags: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const tag = tags[i]!
      const w = this.waiting[tag]
      if (w === undefined) continue
      this.waiting[tag] = undefined
      this.free.push(tag)
      this.settle(w)
    }
  }

  /** None of them will be durable: the stream was sealed. */
  lost(): void {
    this.free.length = 0
    for (const w of this.waiting.splice(0)) if (w !== undefined) this.never(w)
  }
}
