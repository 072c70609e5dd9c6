/**
 * One timing wheel for all connections, one slot a second: an idle connection costs a place in an array, no timer. A due entry is asked
 * for its real deadline, which it may have moved since; so activity costs nothing here.
 */
import type { Clock } from '#lib/service.ts'

export interface Timed {
  /** The wheel's second at which it expires now. */
  deadline: number
  /** Kept by the wheel: where the entry lies; -1 = nowhere. */
  slot: number
  index: number
  expired(): void
}

const SLOTS = 512

export class Wheel {
  /** seconds since the wheel began */
  now = 0
  private readonly slots: Timed[][] = Array.from({ length: SLOTS }, () => [])
  private readonly started: number
  private readonly clock: Clock
  private readonly cancel: () => void

  constructor(clock: Clock) {
    this.clock = clock
    this.started = clock.now()
    this.cancel = clock.every(1000, () => this.turn())
  }

  add(t: Timed): void {
    const ahead = Math.min(Math.max(t.deadline - this.now, 1), SLOTS - 1)
    t.slot = (this.now + ahead) % SLOTS
    const slot = this.slots[t.slot]!
    t.index = slot.length
    slot.push(t)
  }

  remove(t: Timed): void {
    if (t.slot < 0) return
    const slot = this.slots[t.slot]!
    const last = slot.pop()!
    if (last !== t) {
      slot[t.index] = last
      last.index = t.index
    }
    t.slot = -1
  }

  /** Moves an entry whose deadline has come nearer. */
  sooner(t: Timed): void {
    this.remove(t)
    this.add(t)
  }

  stop(): void {
    this.cancel()
  }

  /** A clock that was set back or far forward (F-13) moves the wheel by one: only seconds that really ticked count. */
  private turn(): void {
    const due = Math.floor((this.clock.now() - this.started) / 1000)
    const steps = due > this.now && due - this.now <= 5 ? due - this.now : 1
    for (let i = 0; i < steps; i++) this.step()
  }

  private step(): void {
    this.now++
    const slot = this.now % SLOTS
    const entries = this.slots[slot]!
    if (entries.length === 0) return
    this.slots[slot] = []
    for (const t of entries) {
      t.slot = -1
      if (t.deadline <= this.now) t.expired()
      else this.add(t)
    }
  }
}
