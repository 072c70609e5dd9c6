/** Time that stands still until a test moves it on, a second at a step, with room for the cloud's own work in between. */
import { type TestClock, testClock } from '../support/testclock.ts'

export interface Time {
  clock: TestClock
  /** Lets so many seconds pass. */
  pass(seconds: number): Promise<void>
}

/** Turns of the event loop after each second: calls between services and answers on sockets take a few. */
const TURNS = 6

export function heldTime(start?: number): Time {
  const clock = testClock(start)
  return {
    clock,
    async pass(seconds) {
      for (let s = 0; s < seconds; s++) {
        clock.advance(1000)
        for (let i = 0; i < TURNS; i++) await new Promise((done) => setImmediate(done))
      }
    },
  }
}
