/** The controller's own stream of the log: commands accepted, and each step of a command's life. */
import { randomBytes } from 'node:crypto'
import { commandState, recordKind } from '#core/devicelog/batch.ts'
import type { LogWriter, Origin, Owner } from '#core/devicelog/writer.ts'
import type { Clock } from '#lib/service.ts'

export type Topic = 'c' | 's'
export type CommandStep = keyof typeof commandState

export interface CommandLog {
  /** Records a command; resolves with its id when that is durable. */
  accepted(origin: Origin, topic: Topic, frame: Uint8Array): Promise<CommandId>
  /** Records a step; durable soon, nobody waits for it. */
  step(id: CommandId, origin: Origin, step: CommandStep, detail?: string): void
}

export interface CommandId {
  text: string
  bytes: Uint8Array
}

export function commandLog(writer: LogWriter, clock: Clock): CommandLog {
  const run = randomBytes(4)
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
  return {
    accepted(origin, topic, frame) {
      n = (n + 1) >>> 0
      const bytes = Buffer.alloc(8)
      run.copy(bytes)
      bytes.writeUInt32BE(n, 4)
      const data = Buffer.allocUnsafe(9 + frame.length)
      data.set(bytes)
      data[8] = topic.charCodeAt(0)
      data.set(frame, 9)
      const id = { text: bytes.toString('hex'), bytes }
      return new Promise((done) => {
        waiting.set(n, () => done(id))
        writer.record(recordKind.command, 0, 0, origin, clock.now(), data, owner, n)
      })
    },
    step(id, origin, step, detail = '') {
      const data = Buffer.concat([id.bytes, Buffer.from(detail)])
      writer.record(recordKind.commandState, commandState[step], 0, origin, clock.now(), data)
    },
  }
}
