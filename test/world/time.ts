/** Time that stands still until a test moves it on, a second at a step, with room for the cloud's own work in between. */
import { passTime } from '#src/testing/pass.ts'
import { type TestClock, testClock } from '../support/testclock.ts'

export interface Time {
  clock: TestClock
  /** Lets so many seconds pass. */
  pass(seconds: number): Promise<void>
}

export function heldTime(start?: number): Time {
  const clock = testClock(start)
  return { clock, pass: (seconds) => passTime(clock, seconds * 1000) }
}
