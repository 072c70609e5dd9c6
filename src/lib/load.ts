/** How busy this process is. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, ProcessFacts } from './service.ts'

const MINUTE = 60_000

/** Sampled from now on. */
export type Load = ProcessFacts['load'] & { stop(): void }

export function makeLoad(clock: Clock): Load {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let last = { at: clock.now(), used: process.cpuUsage() }
  let cpu = 0
  let p99 = 0
  const sample = () => {
    const at = clock.now()
    const { user, system } = process.cpuUsage(last.used)
    if (at > last.at) cpu = (user + system) / 1000 / (at - last.at)
    last = { at, used: process.cpuUsage() }
    // The histogram counts its own interval too.
    p99 = Math.max(0, delay.percentile(99) / 1e6 - 20)
    delay.reset()
  }
  const cancel = clock.every(MINUTE, sample)
  return {
    cpu: () => (cpu === 0 ? sampled() : cpu),
    loopP99: () => p99,
    stop() {
      cancel()
      delay.disable()
    },
  }
  function sampled(): number {
    sample()
    return cpu
  }
}
