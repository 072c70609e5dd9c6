/** Commands whose caller waits no longer than it said for a log that does not answer. */
import type { CommandTerms } from '#core/devicelog/command.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import type { Clock } from '#lib/service.ts'
import { inTime } from '../intime.ts'
import type { CommandLog, Topic } from './log.ts'
import type { Going, Sending } from './sending.ts'

export interface NewRecord {
  origin: Origin
  topic: Topic
  frame: Uint8Array
  terms?: CommandTerms
}

/** → when it is durable; `log_unavailable` when that takes longer than `ms`: what the log takes afterwards is over and never sent. */
export type Recording = (r: NewRecord, ms: number) => Promise<Going>

export function recording({ log, sending, clock }: { log: CommandLog; sending: Sending; clock: Clock }): Recording {
  return ({ origin, topic, frame, terms }, ms) => {
    let waits = true
    const recorded = log.accepted(origin, topic, frame, terms).then((accepted) => {
      const going = { id: accepted, origin, topic }
      if (!waits) void sending.end(going, 'timedOut', 'log_unavailable')
      return going
    })
    const late = () => {
      waits = false
    }
    return inTime(recorded, { clock, ms, what: 'the command', device: origin.deviceId, late })
  }
}
