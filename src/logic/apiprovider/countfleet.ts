/** Feeds the figures: with each batch of the log, and once a minute with how many devices are online. */
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogBell, Queue } from '#core/queue/port.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/log.ts'
import type { Figures } from './figures.ts'

const MINUTE = 60_000

export interface FleetParts {
  figures: Figures
  ports: { queue: Pick<Queue, 'listen'>; devicelog: Pick<DeviceLog, 'read'> }
  clock: Clock
  log: Logger
  online(): Promise<number>
}

/** → stop */
export function countFleet({ figures, ports, clock, log, online }: FleetParts): () => void {
  /** The bell of another process does not bring the batch along. */
  const fetch = async ({ stream, seq }: LogBell): Promise<void> => {
    const [batch] = await ports.devicelog.read(stream, seq - 1, 1)
    if (batch) figures.see(batch)
  }
  const stop = ports.queue.listen('log', 'apiprovider figures', (bell) => {
    if (bell.batch) figures.see(bell.batch, bell.kinds)
    else fetch(bell).catch((err: unknown) => log.debug({ err }, 'a batch of the log was not counted'))
  })
  const sample = () => {
    online().then(figures.online, (err: unknown) => log.debug({ err }, 'the devices that are online were not counted'))
  }
  const cancel = clock.every(MINUTE, sample)
  return () => {
    stop()
    cancel()
  }
}
