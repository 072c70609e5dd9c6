/** The controller's own stream of the log: commands accepted, steps of their lives that it witnesses, desired state. */
import { desiredStep, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { type CommandTerms, writeCommand } from '#core/devicelog/command.ts'
import { type LogWriter, nobody, type Origin, type Owner } from '#core/devicelog/writer.ts'
import type { Clock } from '#lib/service.ts'
import { type CommandId, commandId } from './id.ts'
import { type Step, stateOf } from './life.ts'

export type Topic = 'c' | 's'

export interface CommandLog {
  /** Records a command; resolves with its id when that is durable. */
  accepted(origin: Origin, topic: Topic, frame: Uint8Array, terms?: CommandTerms, id?: Buffer): Promise<CommandId>
  /** Records a step; resolves when it is durable. */
  step(id: Uint8Array, origin: Origin, step: Step, detail?: string): Promise<void>
  /** Records what is wanted of a device, or became of that; resolves when it is durable. */
  desired(origin: Origin, step: keyof typeof desiredStep, json: string): Promise<void>
  /** Records a frame that can be read now, at its old time. */
  redecoded(kind: 1 | 2, foreign: boolean, origin: Origin, time: number, place: number, frame: Uint8Array): void
  /** Records that a quarantined frame of this time and place is not to be read again. */
  discarded(origin: Origin, time: number, place: number): void
  /** Records what a rule tells an application; resolves when it is durable. */
  told(origin: Origin, at: number, json: string): Promise<void>
  /** Resolves when all that was recorded is durable. */
  drained(): Promise<void>
}

const NOTHING = Buffer.alloc(0)

export function commandLog(writer: LogWriter, clock: Clock): CommandLog {
  let n = 0
  const waiting = new Map<number, () => void>()
  const owner: Owner = {
    durable(tags, from, to) {
      for (let i = from; i < to; i++) {
        waiting.get(tags[i]!)?.()
        waiting.delete(tags[i]!)
      }
    },
  }
  const durable = (add: (tag: number) => void): Promise<void> =>
    new Promise((done) => {
      waiting.set(++n, done)
      add(n)
    })

  return {
    async accepted(origin, topic, frame, terms, bytes) {
      const id = commandId(origin.deviceId, clock.now(), bytes)
      const { data, flags } = writeCommand(id.bytes, topic, frame, terms)
      await durable((tag) => writer.record(recordKind.command, 0, flags, origin, id.at, data, owner, tag))
      return id
    },
    step(id, origin, step, detail = '') {
      const data = detail === '' ? id : Buffer.concat([id, Buffer.from(detail)])
      return durable((tag) => writer.record(recordKind.commandState, stateOf[step], 0, origin, clock.now(), data, owner, tag))
    },
    desired: (origin, step, json) =>
      durable((tag) =>
        writer.record(recordKind.desired, desiredStep[step], 0, origin, clock.now(), Buffer.from(json), owner, tag),
      ),
    redecoded(kind, foreign, origin, time, place, frame) {
      const flags = recordFlag.redecoded | (foreign ? recordFlag.foreign : 0)
      writer.frame(kind, 0, flags, place, origin, time, frame, 0, frame.length, nobody, 0)
    },
    discarded: (origin, time, place) =>
      writer.frame(recordKind.undecodable, 0, recordFlag.redecoded, place, origin, time, NOTHING, 0, 0, nobody, 0),
    told: (origin, at, json) => durable((tag) => writer.record(recordKind.told, 0, 0, origin, at, Buffer.from(json), owner, tag)),
    drained: () => writer.drained(),
  }
}
