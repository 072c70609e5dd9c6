import { type Clock, systemClock } from '#lib/service.ts'

export interface TestClock extends Clock {
  /** Moves time on by `ms`; timers fire in their order, at their own time. */
  advance(ms: number): void
  /** Moves the date without time passing, as a clock that is set does. */
  set(now: number): void
}

interface Timer {
  at: number
  every: number | undefined
  f: () => void
}

/** A clock that stands still until it is moved. */
export function testClock(start = 1_800_000_000_000): TestClock {
  let elapsed = 0
  let offset = start
  const timers = new Set<Timer>()
  const add = (ms: number, f: () => void, every?: number) => {
    const timer = { at: elapsed + ms, every, f }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const t of timers) if (t.at <= until && (first === undefined || t.at < first.at)) first = t
    return first
  }
  return {
    now: () => offset + elapsed,
    after: (ms, f) => add(ms, f),
    every: (ms, f) => add(ms, f, ms),
    advance(ms) {
      const until = elapsed + ms
      for (let t = next(until); t; t = next(until)) {
        elapsed = t.at
        if (t.every === undefined) timers.delete(t)
        else t.at += t.every
        t.f()
      }
      elapsed = until
    },
    set(now) {
      offset = now - elapsed
    },
  }
}

/** Time that runs `speed` times as fast as the wall's. */
export function fastClock(speed: number): Clock {
  const from = Date.now()
  return {
    now: () => from + (Date.now() - from) * speed,
    after: (ms, f) => systemClock.after(ms / speed, f),
    every: (ms, f) => systemClock.every(Math.max(1, ms / speed), f),
  }
}
