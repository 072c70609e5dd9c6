/** Requests that are not answered yet, in the order in which they came: their senders are told in time that they have come. */
import type { Clock } from '#lib/service.ts'
import type { Exchange } from '../server/exchange.ts'
import { Line } from '../server/line.ts'

export class SlowLine {
  private readonly line = new Line<Exchange>()
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
    this.line.add(ex)
    this.timer ??= this.clock.after(this.patience, () => this.due())
  }

  /** It is answered; harmless for one that never stood here. */
  remove(ex: Exchange): void {
    this.line.remove(ex)
  }

  stop(): void {
    this.timer?.()
  }

  private due(): void {
    this.timer = undefined
    const due = this.clock.now() - this.patience
    for (let ex = this.line.first; ex && ex.at <= due; ex = this.line.first) {
      this.remove(ex)
      this.tell(ex)
    }
    if (this.line.first) this.timer = this.clock.after(this.patience, () => this.due())
  }
}
