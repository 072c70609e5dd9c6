/** One application's deliveries: a lane for each device, serial in itself, side by side with the others. */
import type { Clock } from '#lib/service.ts'
import { Fifo } from './fifo.ts'
import { backoff, Health } from './health.ts'
import type { OpenBatch } from './progress.ts'
import type { Message, Sender } from './sender.ts'
import type { Outcome } from './try.ts'

export interface Delivery extends Message {
  device: number
  /** arrival of the record, ms since 1970 */
  time: number
  batch: OpenBatch
  tries: number
  firstFailedAt: number | undefined
  lastError: string
}

export interface OutboxOptions {
  sender: Sender
  clock: Clock
  concurrency: number
  /** ms for which a delivery is tried */
  retryFor: number
  /** a delivery is finished: confirmed, or kept as a dead letter */
  done(d: Delivery, confirmed: boolean): void
  /** Keeps a delivery as a dead letter; resolves when that is durable. Never rejects. */
  bury(d: Delivery): Promise<void>
  /** after each try, which took so many ms */
  tried(d: Delivery, outcome: Outcome, took: number): void
}

/** A delivery that is not finished. */
export interface Waiting {
  delivery: Delivery
  /** how many of its device go first */
  behind: number
  sending: boolean
  nextTry?: number
}

type Lane = { device: number; queue: Fifo<Delivery>; state: 'ready' | 'busy' | 'blocked'; retryAt: number }

export class Outbox {
  waiting = 0
  bytes = 0
  readonly #o: OutboxOptions
  readonly #health = new Health()
  readonly #lanes = new Map<number, Lane>()
  readonly #ready = new Fifo<Lane>()
  readonly #blocked = new Set<Lane>()
  #probe: Lane | undefined
  #inflight = 0
  /** grows again slowly after the receiver was down, so that its return is no stampede */
  #limit: number
  #pumping = false
  #stopped = false
  #idle: (() => void) | undefined
  #cancelTimer: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(o: OutboxOptions) {
    this.#o = o
    this.#limit = o.concurrency
  }

  /** Puts a delivery behind the others of its device; `pump` sends. */
  add(d: Delivery): void {
    this.waiting++
    this.bytes += d.body.length
    let lane = this.#lanes.get(d.device)
    if (!lane) {
      lane = { device: d.device, queue: new Fifo(), state: 'ready', retryAt: 0 }
      this.#lanes.set(d.device, lane)
      this.#ready.push(lane)
    }
    lane.queue.push(d)
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (this.#pumping || this.#stopped) return
    this.#pumping = true
    while (!this.#health.down && this.#inflight < this.#limit && this.#ready.length > 0) this.#send(this.#ready.shift()!)
    if (this.#health.down) this.#ask()
    this.#pumping = false
    this.#schedule()
  }

  /** No more tries; resolves when none is under way. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    return new Promise((resolve) => {
      if (this.#inflight === 0) resolve()
      else this.#idle = resolve
    })
  }

  /** Tries now what waits for its time. → devices whose deliveries waited */
  retry(): number {
    const waited = this.#blocked.size
    this.#health.nextTry = 0
    if (!this.#health.down) for (const lane of this.#blocked) this.#release(lane)
    this.pump()
    return waited
  }

  /** What waits, oldest first. */
  list(): Waiting[] {
    const { down, nextTry } = this.#health
    const all: Waiting[] = []
    for (const { queue, state, retryAt } of this.#lanes.values()) {
      const next = down ? nextTry : state === 'blocked' ? retryAt : undefined
      for (let behind = 0; behind < queue.length; behind++) {
        const first = behind === 0 && {
          sending: state === 'busy',
          ...(state !== 'busy' && next !== undefined && { nextTry: next }),
        }
        all.push({ delivery: queue.peek(behind)!, behind, sending: false, ...first })
      }
    }
    return all.sort((a, b) => a.delivery.time - b.delivery.time || a.behind - b.behind)
  }

  state(): { oldest?: number; failingSince?: number; lastError?: string; nextTry?: number } {
    let oldest = Number.POSITIVE_INFINITY
    for (const lane of this.#lanes.values()) oldest = Math.min(oldest, lane.queue.peek()!.time)
    const stuck = [...this.#blocked].map((lane) => ({ lane, d: lane.queue.peek()! }))
    const { down, failingSince, lastError, nextTry } = this.#health
    const since = Math.min(failingSince ?? Number.POSITIVE_INFINITY, ...stuck.map((s) => s.d.firstFailedAt!))
    const next = down ? nextTry : Math.min(...stuck.map((s) => s.lane.retryAt))
    const error = lastError ?? stuck[0]?.d.lastError
    return {
      ...(Number.isFinite(oldest) && { oldest }),
      ...(Number.isFinite(since) && { failingSince: since }),
      ...(error !== undefined && { lastError: error }),
      ...(Number.isFinite(next) && { nextTry: next }),
    }
  }

  #send(lane: Lane): void {
    const d = lane.queue.peek()!
    lane.state = 'busy'
    this.#inflight++
    const from = this.#o.clock.now()
    this.#o.sender.send(d, (outcome) => this.#answered(lane, d, outcome, from))
  }

  #answered(lane: Lane, d: Delivery, outcome: Outcome, from: number): void {
    this.#inflight--
    d.tries++
    const probe = this.#probe === lane
    if (probe) this.#probe = undefined
    this.#o.tried(d, outcome, Math.max(0, this.#o.clock.now() - from))
    if (outcome.ok) this.#succeeded(lane, d)
    else if (outcome.refused) this.#refused(lane, d, outcome)
    else this.#failed(lane, d, probe, outcome)
    if (this.#stopped) {
      if (this.#inflight === 0) this.#idle?.()
    } else this.pump()
  }

  #succeeded(lane: Lane, d: Delivery): void {
    const wasDown = this.#health.down
    if (this.#health.succeeded() && wasDown) {
      this.#limit = 1
      for (const other of this.#blocked) this.#release(other)
    }
    if (this.#limit < this.#o.concurrency) this.#limit++
    this.#finish(lane, d, true)
  }

  #refused(lane: Lane, d: Delivery, outcome: Outcome): void {
    d.lastError = outcome.error
    this.#bury(lane, d)
  }

  #failed(lane: Lane, d: Delivery, probe: boolean, outcome: Outcome): void {
    const now = this.#o.clock.now()
    d.firstFailedAt ??= now
    d.lastError = outcome.error
    this.#health.failed(lane.device, probe, outcome, now)
    lane.state = 'blocked'
    lane.retryAt = now + Math.max(backoff(d.tries), outcome.retryAfter ?? 0)
    this.#blocked.add(lane)
    if (probe || this.#givenUp(d, now)) this.#giveUp(now)
  }

  #giveUp(now: number): void {
    for (const lane of this.#blocked) {
      const d = lane.queue.peek()!
      if (!this.#givenUp(d, now)) continue
      this.#blocked.delete(lane)
      this.#bury(lane, d)
    }
  }

  /** Tried for long enough; or it is as old as that, and the receiver has confirmed nothing for as long. */
  #givenUp(d: Delivery, now: number): boolean {
    const { retryFor } = this.#o
    if (d.firstFailedAt !== undefined && now - d.firstFailedAt >= retryFor) return true
    const { failingSince } = this.#health
    return failingSince !== undefined && now - failingSince >= retryFor && now - d.time >= retryFor
  }

  #bury(lane: Lane, d: Delivery): void {
    lane.state = 'busy'
    if (d.lastError === '') d.lastError = `not tried: the receiver is down (${this.#health.lastError})`
    this.#o.bury(d).then(
      () => {
        if (this.#stopped) return
        this.#finish(lane, d, false)
        this.pump()
      },
      () => {},
    )
  }

  #finish(lane: Lane, d: Delivery, confirmed: boolean): void {
    lane.queue.shift()
    this.waiting--
    this.bytes -= d.body.length
    if (lane.queue.length === 0) this.#lanes.delete(lane.device)
    else this.#release(lane)
    this.#o.done(d, confirmed)
  }

  #release(lane: Lane): void {
    this.#blocked.delete(lane)
    lane.state = 'ready'
    this.#ready.push(lane)
  }

  /** While the receiver is down: one lane at a time, always another where there is one. */
  #ask(): void {
    const now = this.#o.clock.now()
    for (let lane = this.#ready.peek(); lane && this.#givenUp(lane.queue.peek()!, now); lane = this.#ready.peek()) {
      this.#ready.shift()
      this.#bury(lane, lane.queue.peek()!)
    }
    if (this.#probe || now < this.#health.nextTry) return
    const lane = this.#ready.shift() ?? this.#blocked.values().next().value
    if (!lane) return
    this.#blocked.delete(lane)
    this.#probe = lane
    this.#send(lane)
  }

  #schedule(): void {
    let at = Number.POSITIVE_INFINITY
    if (!this.#health.down) for (const lane of this.#blocked) at = Math.min(at, lane.retryAt)
    else if (!this.#probe && this.#lanes.size > 0) at = this.#health.nextTry
    if (at === this.#timerAt) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = Number.isFinite(at)
      ? this.#o.clock.after(Math.max(1, at - this.#o.clock.now()), () => this.#due())
      : undefined
  }

  #due(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#o.clock.now()
    if (!this.#health.down) for (const lane of this.#blocked) if (lane.retryAt <= now) this.#release(lane)
    this.pump()
  }
}
