import type { TestClock } from './clock.ts'

const STEP_MS = 1000
/** Turns of the event loop after each step: calls between services and answers on sockets take a few. */
const TURNS = 6

/** Lets so many ms pass, in steps of a second with room for the cloud's own work after each. */
export async function passTime(clock: TestClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) {
    clock.advance(Math.min(STEP_MS, left))
    await settle()
  }
}

/** Some turns in a row in which no file is read or written: much waits for the log, however slow the disk is. */
async function settle(): Promise<void> {
  for (let calm = 0; calm < TURNS; calm++) {
    await new Promise((done) => setImmediate(done))
    if (process.getActiveResourcesInfo().some((r) => r.startsWith('FSReq'))) calm = 0
  }
}
