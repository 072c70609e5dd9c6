import { type Clock, systemClock } from '#lib/clock.ts'

export { type TestClock, testClock } from '#src/testing/clock.ts'

/** Time that runs `speed` times as fast as the wall's. */
export function fastClock(speed: number): Clock {
  const from = Date.now()
  return {
    now: () => from + (Date.now() - from) * speed,
    after: (ms, f) => systemClock.after(ms / speed, f),
    every: (ms, f) => systemClock.every(Math.max(1, ms / speed), f),
  }
}
