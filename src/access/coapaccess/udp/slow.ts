/** Requests that are not answered yet, in the order in which they came: their senders are told in time that they have come. */
import type { Clock } from '#lib/service.ts'
import type { Exchange } from '../server/exchange.ts'

export class SlowLine {
  private first: Exchange | undefined
  private last: Exchange | undefined
  private timer: (() => void) | undefined
  private readonly clock: Clock
  private readonly patience: number
  private readonly tell: (ex: Exchange) => void

  /** `patience`: ms that a sender may wait without a word. */
  constructor(clock: Clock, patience: number, tell: (ex: Exchange) => void) {
    this.clock = clock
    this.patience = patience
    this.tell = tell
  }

  add(ex: Exchange): void {
    ex.before = this.last
    if (this.last) this.last.after = ex
    else this.first = ex
    this.last = ex
    this.timer ??= this.clock.after(this.patience, () => this.due())
  }

  /** It is answered; harmless for one that never stood here. */
  remove(ex: Exchange): void {
    const { before, after } = ex
    if (before) before.after = after
    else if (this.first === ex) this.first = after
    if (after) after.before = before
    else if (this.last === ex) this.last = before
    ex.before = undefined
    ex.after = undefined
  }

  stop(): void {
    this.timer?.()
  }

  private due(): void {
    this.timer = undefined
    const due = this.clock.now() - this.patience
    for (let ex = this.first; ex && ex.at <= due; ex = this.first) {
      this.remove(ex)
      this.tell(ex)
    }
    if (this.first) this.timer = this.clock.after(this.patience, () => this.due())
  }
}
