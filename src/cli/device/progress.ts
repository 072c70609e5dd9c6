/** How a fleet is doing: one live line on a terminal, a line now and then elsewhere, and the result. */
import type { Output } from '../command.ts'
import type { Fleet } from './fleet.ts'
import type { Stats } from './stats.ts'

const [LIVE_MS, LINE_MS] = [500, 5000]

export interface Progress {
  stop(): void
}

export function showProgress(fleet: Fleet, stats: Stats, to: Output): Progress {
  const live = to.isTTY === true
  let last = { at: performance.now(), sent: 0 }
  const timer = setInterval(
    () => {
      const at = performance.now()
      const rate = ((stats.counts.sent - last.sent) * 1000) / (at - last.at)
      last = { at, sent: stats.counts.sent }
      const line = lineOf(fleet.devices.length, stats, rate)
      to.write(live ? `\r\x1b[K${line.slice(0, (to.columns || 120) - 1)}` : `${line}\n`)
    },
    live ? LIVE_MS : LINE_MS,
  )
  return {
    stop() {
      clearInterval(timer)
      if (live) to.write('\r\x1b[K')
    },
  }
}

function lineOf(devices: number, { counts, connected, quantile, lastError }: Stats, rate: number): string {
  const parts = [
    `${devices} devices`,
    `registered ${counts.registered}`,
    `logged in ${counts.logged_in}`,
    `connected ${connected}`,
    `${rate.toFixed(1)}/s`,
    `acked ${counts.acked}`,
    `p50 ${quantile(0.5)} ms`,
    `p99 ${quantile(0.99)} ms`,
    `commands ${counts.commands + counts.sets + counts.queries}`,
  ]
  if (counts.reconnects > 0) parts.push(`reconnects ${counts.reconnects}`)
  if (lastError && connected < devices) parts.push(lastError)
  return parts.join(' · ')
}

/** All that was counted: what `--json` prints. */
export function resultOf(fleet: Fleet, stats: Stats, ms: number): Record<string, unknown> {
  const seconds = Number((ms / 1000).toFixed(2))
  return {
    devices: fleet.devices.length,
    ...stats.counts,
    seconds,
    rate: Number(((stats.counts.sent * 1000) / ms).toFixed(1)),
    p50_ms: stats.quantile(0.5),
    p99_ms: stats.quantile(0.99),
    cpu_ms: Math.round(process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000),
    rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    ...(stats.lastError && { last_error: stats.lastError }),
  }
}

/** The result for people. */
export function resultText(result: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(result).map((k) => k.length))
  const shown = Object.entries(result).filter(([, value]) => value !== 0)
  return shown.map(([key, value]) => `${key.padEnd(width)}  ${String(value)}\n`).join('')
}
