/**
 * A cloud whose time runs faster than the clock, so that a tick a minute comes every few seconds:
 * `node test/crash/fastcloud.ts <speed> <since>`. Started again with the same words, its time goes on.
 */
import { makeLog } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type Cloud, startCloud } from '#src/cloud.ts'

/** `since` (ms since 1970): until then it is the time of everybody. */
export function fastClock(speed: number, since: number): Clock {
  const passing = <T extends NodeJS.Timeout>(t: T, clear: (t: T) => void) => {
    t.unref()
    return () => clear(t)
  }
  return {
    now: () => Math.floor(since + (Date.now() - since) * speed),
    after: (ms, f) => passing(setTimeout(f, ms / speed), clearTimeout),
    every: (ms, f) => passing(setInterval(f, ms / speed), clearInterval),
  }
}

/** As the words of the command line say. */
export async function serveFast(): Promise<Cloud> {
  const [speed, since] = process.argv.slice(2).map(Number) as [number, number]
  const log = makeLog({ level: 'info', destination: process.stderr })
  const cloud = await startCloud({ env: process.env, log, clock: fastClock(speed, since) })
  process.once('SIGTERM', () => {
    void cloud.stop().then(() => process.exit(0))
  })
  process.stdout.write(`${JSON.stringify({ ready: true, listen: cloud.listen })}\n`)
  return cloud
}

if (import.meta.main) await serveFast()
