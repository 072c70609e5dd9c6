/** What happens with each message and each connection, counted cheaply and handed to the metrics together. */
import type { Cause } from '#contracts/causes.ts'
import type { Metrics } from '#lib/metrics.ts'

const names = ['', 'status', 'event', 'undecodable'] as const

export interface Counts {
  /** One more message of this record kind (1 status, 2 event, 3 undecodable). */
  counted(kind: 1 | 2 | 3): void
  /** Bytes read from a device. */
  read(bytes: number): void
  /** One more device is in. */
  entered(): void
  /** One less, for this cause. */
  left(cause: Cause): void
  /** Hands the messages and bytes over. */
  flush(): void
}

export function nodeCounts(metrics: Metrics, protocol: string): Counts {
  const counts = [0, 0, 0, 0]
  let bytes = 0
  const accepted = metrics.counting(metrics.pando_connects_total, { protocol, result: 'accepted' })
  const connections = metrics.moving(metrics.pando_connections, { protocol })
  const ends = new Map<Cause, () => void>()
  return {
    entered: () => {
      accepted()
      connections(1)
    },
    left: (cause) => {
      connections(-1)
      const one = ends.get(cause) ?? metrics.counting(metrics.pando_disconnects_total, { protocol, cause })
      ends.set(cause, one)
      one()
    },
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
