/** Messages counted cheaply, handed to the metrics a batch at a time. */
import type { Metrics } from '#lib/metrics.ts'

const names = ['', 'status', 'event', 'undecodable'] as const

export function messageCounts(metrics: Metrics): { count: (kind: 1 | 2 | 3) => void; flush: () => void } {
  const counts = [0, 0, 0, 0]
  return {
    count: (kind) => {
      counts[kind]!++
    },
    flush: () => {
      for (let kind = 1; kind < counts.length; kind++) {
        const n = counts[kind]!
        if (n > 0) metrics.pando_messages_received_total.inc({ protocol: 'mqtt', kind: names[kind]! }, n)
        counts[kind] = 0
      }
    },
  }
}
