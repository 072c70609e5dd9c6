/** Messages counted cheaply, handed to the metrics a batch at a time. */
import type { Metrics } from '#lib/metrics.ts'

const names = ['', 'status', 'event', 'undecodable'] as const

export interface Counts {
  /** One more message of this record kind (1 status, 2 event, 3 undecodable). */
  counted(kind: 1 | 2 | 3): void
  /** Bytes read from a device. */
  read(bytes: number): void
  /** Hands them over. */
  flush(): void
}

export function messageCounts(metrics: Metrics, protocol: string): Counts {
  const counts = [0, 0, 0, 0]
  let bytes = 0
  return {
    counted: (kind) => {
      counts[kind]!++
    },
    read: (n) => {
      bytes += n
    },
    flush: () => {
      metrics.pando_received_bytes_total.inc({ protocol }, bytes)
      bytes = 0
      for (let kind = 1; kind < counts.length; kind++) {
        const n = counts[kind]!
        if (n > 0) metrics.pando_messages_received_total.inc({ protocol, kind: names[kind]! }, n)
        counts[kind] = 0
      }
    },
  }
}
