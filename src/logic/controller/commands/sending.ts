/** One delivery of a command, and the end of one. */
import type { DeliveryResult } from '#contracts/access.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import type { Current } from '#core/history/port.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { How, Target, WayDown } from '../down.ts'
import type { CommandId } from './id.ts'
import { isFinal, type Step } from './life.ts'
import type { CommandLog, Topic } from './log.ts'
import { openCommand } from './open.ts'

export interface Going {
  id: CommandId
  origin: Origin
  topic: Topic
}

export interface Sending {
  /** Resolves when the device has confirmed it, or won't. `how` as of `WayDown.send` */
  once(g: Going, to: Target, frame: Uint8Array, deadline: number, how: Omit<How, 'id'>): Promise<DeliveryResult>
  /** It is over; resolves when that is durable. */
  end(g: Going, step: Exclude<Step, 'sent' | 'delivered'>, why?: string): Promise<void>
}

type Parts = { down: WayDown; log: CommandLog; current: Current; metrics: Metrics; clock: Clock }

export function sending({ down, log, current, metrics, clock }: Parts): Sending {
  const countDelivered = metrics.counting(metrics.pando_commands_total, { result: 'delivered' })
  const took = metrics.timing(metrics.pando_command_seconds)

  function confirmed(g: Going, recorded = false): void {
    if (!recorded) void log.step(g.id.bytes, g.origin, 'delivered')
    countDelivered()
    took((clock.now() - g.id.at) / 1000)
  }

  return {
    async once(g, to, frame, deadline, how) {
      const result = await down.send(to, g.topic, frame, deadline, { ...how, id: g.id.bytes.toString('hex') })
      if (result.delivered) confirmed(g, result.recorded)
      return result
    },
    async end(g, step, why) {
      const open = openCommand(current, g.id.device, g.id.bytes)
      // the device has spoken meanwhile
      if (open && isFinal(open.state) && step !== 'executed' && step !== 'failed') return
      metrics.pando_commands_total.inc({ result: step })
      await log.step(g.id.bytes, g.origin, step, why)
    },
  }
}
